package dev.controlplane.grpc.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.controlplane.transport.grpc.Gzip;

/**
 * An encoded {@code WorkerUpdate} that many streams send. Its compressed form is made when the
 * first client wants that, and kept beside it for the others.
 */
public final class EncodedMessage {
  private final byte[] bytes;
  private final boolean compressible;

  @GuardedBy("this")
  private boolean tried;

  @GuardedBy("this")
  private byte[] gzip;

  /**
   * @param bytes of the message; nobody changes them
   * @param compressible whether clients may get it compressed
   */
  public EncodedMessage(byte[] bytes, boolean compressible) {
    this.bytes = bytes;
    this.compressible = compressible;
  }

  /** The plain form. */
  public byte[] bytes() {
    return bytes;
  }

  /** Of the plain form, in bytes. */
  public int length() {
    return bytes.length;
  }

  /** How many bytes of memory it may take, its compressed form included. */
  public long memory() {
    return memory(bytes.length, compressible);
  }

  /** What a message of this length may take. The compressed form is kept only if it is shorter. */
  static long memory(long length, boolean compressible) {
    return compressible ? 2 * length : length;
  }

  /** The compressed form; null if it is not smaller. */
  public synchronized byte[] gzip() {
    if (!tried) {
      tried = true;
      gzip = Gzip.smaller(bytes);
    }
    return gzip;
  }
}
