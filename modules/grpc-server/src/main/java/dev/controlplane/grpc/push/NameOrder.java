package dev.controlplane.grpc.push;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;

/** The order of names in listings. */
public final class NameOrder {
  /** By the bytes of UTF-8, as the databases have it; Java's own order is by those of UTF-16. */
  public static final Comparator<String> BYTES =
      (a, b) ->
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

  private NameOrder() {}
}
