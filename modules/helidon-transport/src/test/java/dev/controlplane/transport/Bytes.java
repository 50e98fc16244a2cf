package dev.controlplane.transport;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Messages that are bytes, as a server has them that encodes each message once for all of its
 * streams.
 */
public final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
  /** What cannot be parsed. */
  public static final byte[] MALFORMED = "malformed".getBytes(StandardCharsets.US_ASCII);

  public static MethodDescriptor<byte[], byte[]> method(
      MethodDescriptor.MethodType type, String name) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(type)
        .setFullMethodName(name)
        .setRequestMarshaller(new Bytes())
        .setResponseMarshaller(new Bytes())
        .build();
  }

  @Override
  public InputStream stream(byte[] value) {
    return new Whole(value);
  }

  @Override
  public byte[] parse(InputStream stream) {
    try {
      byte[] bytes = stream.readAllBytes();
      if (Arrays.equals(bytes, MALFORMED)) {
        throw new IllegalArgumentException("no field 0");
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Whole extends ByteArrayInputStream implements KnownLength, Drainable {
    Whole(byte[] bytes) {
      super(bytes);
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      int length = available();
      target.write(buf, pos, length);
      pos = count;
      return length;
    }
  }
}
