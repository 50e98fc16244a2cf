package dev.controlplane.client.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;

/** The destination of a download. */
public interface Sink {
  /** Writes all of the bytes. */
  void write(ByteBuffer bytes) throws IOException;

  /**
   * Returns the number of bytes that an earlier transfer left here. Further bytes are written after
   * them.
   *
   * @param digest is updated with these bytes
   */
  default long kept(MessageDigest digest) throws IOException {
    return 0;
  }

  /** Discards what was written. */
  void restart() throws IOException;

  /** A sink that writes to a stream and can't restart. */
  static Sink to(OutputStream stream) {
    WritableByteChannel channel = Channels.newChannel(stream);
    return new Sink() {
      @Override
      public void write(ByteBuffer bytes) throws IOException {
        channel.write(bytes);
      }

      @Override
      public void restart() throws IOException {
        throw new IOException(
            "the version changed on the server while it was received, and what was written already"
                + " can't be taken back; try again, or name the version");
      }
    };
  }
}
