package dev.controlplane.pprof.observe;

import java.util.Locale;

/** Who may read the profiles. */
public enum Access {
  /** Those who connect from this machine; others get 403. */
  LOOPBACK,
  /** Nobody; there are no such paths, which is 404. */
  OFF,
  /** Everyone who can connect. */
  ALL,
  /** Those who know the token; others get 401. */
  TOKEN;

  /**
   * Reads a setting.
   *
   * @throws IllegalArgumentException if it is none of {@code loopback}, {@code off}, {@code all},
   *     {@code token}
   */
  public static Access parse(String text) {
    try {
      return valueOf(text.strip().toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "pprof access is \"" + text + "\"; expected: loopback, off, all or token", e);
    }
  }
}
