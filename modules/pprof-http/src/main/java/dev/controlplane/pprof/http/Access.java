package dev.controlplane.pprof.http;

import java.util.Locale;

/**
 * Who may read profiles.
 *
 * @since 0.1.0
 */
public enum Access {
  /** Clients that connect from this machine; others get 403. */
  LOOPBACK,
  /** Nobody: the paths do not exist, so requests get 404. */
  OFF,
  /** Everyone who can connect. */
  ALL,
  /** Clients that send the token; others get 401. */
  TOKEN;

  /**
   * Parses a setting.
   *
   * @throws IllegalArgumentException if it is none of {@code loopback}, {@code off}, {@code all},
   *     {@code token}
   */
  public static Access parse(String text) {
    try {
      return valueOf(text.strip().toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "pprof access is \"" + text + "\"; expected: loopback, off, all or token (PPROF_ACCESS)",
          e);
    }
  }
}
