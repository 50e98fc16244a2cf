package dev.controlplane.grpc.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.controlplane.transport.grpc.Gzip;

/**
 * An encoded {@code WorkerUpdate} that many streams share. Its compressed form is created when the
 * first client needs it, and kept for the others. Thread-safe.
 */
public final class EncodedMessage {
  private final byte[] bytes;
  private final boolean compressible;

  @GuardedBy("this")
  private boolean tried;

  @GuardedBy("this")
  private byte[] gzip;

  /**
   * @param bytes the message; nobody may change them
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

  /** The length of the plain form in bytes. */
  public int length() {
    return bytes.length;
  }

  /** The most memory that this message may take, in bytes, including its compressed form. */
  public long memory() {
    return memory(bytes.length, compressible);
  }

  /**
   * The most memory that a message of this length may take, in bytes. The compressed form is kept
   * only if it is smaller than the plain one.
   */
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
