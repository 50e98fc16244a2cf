package dev.controlplane.grpc.push;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;

/** The order of names in listings. */
public final class NameOrder {
  /**
   * Compares names by their UTF-8 bytes, like the databases. Java's own order compares UTF-16 code
   * units.
   */
  public static final Comparator<String> BYTES =
      (a, b) ->
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

  private NameOrder() {}
}
