package dev.controlplane.grpc;

import dev.controlplane.grpc.log.EncodedMessage;
import dev.controlplane.transport.grpc.Gzip;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.Marshaller;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/**
 * A marshaller for messages that are already encoded: an update is encoded once, not once per
 * stream.
 */
final class EncodedMessages implements Marshaller<EncodedMessage> {
  @Override
  public InputStream stream(EncodedMessage message) {
    return new Encoded(message);
  }

  @Override
  public EncodedMessage parse(InputStream stream) {
    try (stream) {
      return new EncodedMessage(stream.readAllBytes(), false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the message in one piece, so that it need not be copied. */
  private static final class Encoded extends ByteArrayInputStream
      implements KnownLength, Drainable, Gzip.Known {
    private final EncodedMessage message;

    Encoded(EncodedMessage message) {
      super(message.bytes());
      this.message = message;
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      int length = count - pos;
      target.write(buf, pos, length);
      pos = count;
      return length;
    }

    @Override
    public byte[] gzip() {
      return message.gzip();
    }
  }
}
