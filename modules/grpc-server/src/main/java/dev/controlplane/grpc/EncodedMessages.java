package dev.controlplane.grpc;

import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.Marshaller;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Passes messages through as they are: an update is encoded once, not once for each stream. */
final class EncodedMessages implements Marshaller<byte[]> {
  @Override
  public InputStream stream(byte[] message) {
    return new Encoded(message);
  }

  @Override
  public byte[] parse(InputStream stream) {
    try (stream) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static final class Encoded extends ByteArrayInputStream implements KnownLength {
    Encoded(byte[] message) {
      super(message);
    }
  }
}
