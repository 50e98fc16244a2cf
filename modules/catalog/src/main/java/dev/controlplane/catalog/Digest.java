package dev.controlplane.catalog;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The SHA-256 of a blob's bytes, which identifies the blob.
 *
 * @param hex 64 lower-case hexadecimal digits
 */
public record Digest(String hex) {
  /** The length of {@link #hex} in characters. */
  public static final int HEX_LENGTH = 64;

  /** Throws {@link IllegalArgumentException} unless {@code hex} is 64 lower-case hex digits. */
  public Digest {
    if (hex.length() != HEX_LENGTH || !hex.chars().allMatch(Digest::isLowerHex)) {
      throw new IllegalArgumentException(
          "a digest is 64 lower-case hex digits, not \"" + hex + "\"");
    }
  }

  /** Creates a digest from its 32 bytes. */
  public static Digest of(byte[] sha256) {
    return new Digest(HexFormat.of().formatHex(sha256));
  }

  /** Computes the digest of these bytes. */
  public static Digest ofBytes(byte[] bytes) {
    return of(sha256().digest(bytes));
  }

  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  /** The 32 bytes. */
  public byte[] bytes() {
    return HexFormat.of().parseHex(hex);
  }

  private static boolean isLowerHex(int c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  }

  /** {@code sha256:<hex>}. */
  @Override
  public String toString() {
    return "sha256:" + hex;
  }
}
