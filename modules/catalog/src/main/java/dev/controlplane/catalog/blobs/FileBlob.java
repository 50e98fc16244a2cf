package dev.controlplane.catalog.blobs;

import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/**
 * An open blob file. It reads whole chunks and verifies each one whenever it comes from the disk. A
 * read that covers a whole chunk goes straight into the caller's array; others go through a buffer
 * that keeps the last chunk.
 */
final class FileBlob implements BlobStore.Blob {
  private static final int CHUNK = ChunkChecksums.CHUNK;

  private final Digest digest;
  private final Path file;
  private final FileChannel channel;
  private final ChunkChecksums sums;
  private byte[] buffer;
  private int buffered = -1;

  FileBlob(Digest digest, Path file, FileChannel channel, ChunkChecksums sums) {
    this.digest = digest;
    this.file = file;
    this.channel = channel;
    this.sums = sums;
  }

  @Override
  public long size() {
    return sums.size();
  }

  @Override
  public int read(long position, byte[] into, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, into.length);
    if (position < 0 || length == 0) {
      throw new IllegalArgumentException(
          "position is %d and length %d; expected 0 or more and 1 or more"
              .formatted(position, length));
    }
    if (position >= size()) {
      return -1;
    }
    int chunk = (int) (position / CHUNK);
    int inChunk = (int) (position % CHUNK);
    if (inChunk == 0 && length >= lengthOf(chunk) && chunk != buffered) {
      readChunk(chunk, into, offset);
      return lengthOf(chunk);
    }
    if (chunk != buffered) {
      if (buffer == null) {
        buffer = new byte[(int) Math.min(CHUNK, size())];
      }
      buffered = -1;
      readChunk(chunk, buffer, 0);
      buffered = chunk;
    }
    int count = Math.min(length, lengthOf(chunk) - inChunk);
    System.arraycopy(buffer, inChunk, into, offset, count);
    return count;
  }

  private int lengthOf(int chunk) {
    return (int) Math.min(CHUNK, size() - (long) chunk * CHUNK);
  }

  private void readChunk(int chunk, byte[] into, int offset) {
    int length = lengthOf(chunk);
    long start = (long) chunk * CHUNK;
    ByteBuffer bytes = ByteBuffer.wrap(into, offset, length);
    try {
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, start + length - bytes.remaining()) < 0) {
          break;
        }
      }
    } catch (IOException e) {
      Arrays.fill(into, offset, offset + length, (byte) 0);
      throw BlobDamage.of(e, digest, file);
    }
    if (bytes.hasRemaining() || !sums.match(chunk, into, offset, length)) {
      Arrays.fill(into, offset, offset + length, (byte) 0);
      throw BlobDamage.of(
          digest,
          "is damaged on disk in bytes %d to %d".formatted(start, start + length - 1),
          null);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
