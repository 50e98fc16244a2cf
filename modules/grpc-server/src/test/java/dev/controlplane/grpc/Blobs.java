package dev.controlplane.grpc;

import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.failures.DamagedBlobException;
import java.util.concurrent.atomic.AtomicInteger;

/** A blob store in which every blob is so many bytes of 7, or damaged. */
public final class Blobs implements BlobStore {
  private final int size;
  private final AtomicInteger opened = new AtomicInteger();
  private volatile boolean damaged;

  public Blobs(int size) {
    this.size = size;
  }

  public void damage() {
    damaged = true;
  }

  public int opened() {
    return opened.get();
  }

  @Override
  public Upload receive() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Blob open(Digest digest) {
    opened.incrementAndGet();
    return new Blob() {
      @Override
      public long size() {
        return size;
      }

      @Override
      public int read(long position, byte[] into, int offset, int length) {
        if (position >= size) {
          return -1;
        }
        if (damaged && position > 0) {
          throw new DamagedBlobException("chunk 1 is damaged");
        }
        int n = Math.min(1 + length / 2, length);
        java.util.Arrays.fill(into, offset, offset + n, (byte) 7);
        return n;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void check() {}

  @Override
  public void checkReadable() {}
}
