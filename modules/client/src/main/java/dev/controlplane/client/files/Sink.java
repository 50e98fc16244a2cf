package dev.controlplane.client.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;

/** Where the bytes of a download go. */
public interface Sink {
  /** Takes all of the bytes. */
  void write(ByteBuffer bytes) throws IOException;

  /**
   * The number of bytes that an earlier transfer has left here; what is written next goes behind
   * them.
   *
   * @param digest takes these bytes
   */
  default long kept(MessageDigest digest) throws IOException {
    return 0;
  }

  /** Forgets what was written. */
  void restart() throws IOException;

  /** A stream; it can't take back what it was given. */
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
