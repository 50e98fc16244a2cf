package dev.controlplane.transport.grpc;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/**
 * Collects the bytes that a marshaller writes for one message. A message that arrives as a single
 * array is used without copying.
 */
final class MessageEncoder extends OutputStream {
  private final int length;
  private byte[] whole;
  private ByteArrayOutputStream parts;

  private MessageEncoder(int length) {
    this.length = length;
  }

  /** Encodes a message. Nobody may change the returned bytes: they may be shared. */
  static <T> byte[] encode(MethodDescriptor<?, T> method, T message) {
    try (InputStream bytes = method.streamResponse(message)) {
      if (!(bytes instanceof Drainable drainable)) {
        return bytes.readAllBytes();
      }
      MessageEncoder encoder =
          new MessageEncoder(bytes instanceof KnownLength ? bytes.available() : 0);
      drainable.drainTo(encoder);
      return encoder.bytes();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot encode a message of " + method.getFullMethodName(), e);
    }
  }

  @Override
  public void write(byte[] bytes, int from, int count) {
    if (whole == null && parts == null && count == length && count == bytes.length) {
      // The array belongs to the message alone, and the marshaller does not write to it again.
      whole = bytes;
    } else {
      parts().write(bytes, from, count);
    }
  }

  @Override
  public void write(int b) {
    parts().write(b);
  }

  private ByteArrayOutputStream parts() {
    if (whole != null) {
      throw new IllegalStateException("an encoder wrote more than the length it said");
    }
    if (parts == null) {
      parts = new ByteArrayOutputStream(Math.max(length, 32));
    }
    return parts;
  }

  private byte[] bytes() {
    if (whole != null) {
      return whole;
    }
    return parts == null ? new byte[0] : parts.toByteArray();
  }
}
