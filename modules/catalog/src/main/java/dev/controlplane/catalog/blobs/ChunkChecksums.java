package dev.controlplane.catalog.blobs;

import dev.controlplane.catalog.Digest;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The CRC-32C of each 64 KiB chunk of a blob. For a blob larger than one chunk they are stored
 * beside it in {@code <digest>.crc32c}; all numbers are big-endian:
 *
 * <pre>
 *  8 bytes  "CPCRC32C"
 *  4        length of a chunk, 65536
 *  8        length of the blob
 * 32        SHA-256 of the blob
 *  4 each   CRC-32C of each chunk; the last chunk may be shorter
 *  4        CRC-32C of everything before
 * </pre>
 *
 * <p>The file names its blob and has a checksum of its own, so neither damage to it nor a mix-up
 * with another blob's file makes bad bytes look good. Its content depends only on the blob's bytes.
 */
public final class ChunkChecksums {
  /** The length of a chunk in bytes. */
  public static final int CHUNK = 64 * 1024;

  private static final byte[] MAGIC = {'C', 'P', 'C', 'R', 'C', '3', '2', 'C'};
  private static final int HEADER = MAGIC.length + Integer.BYTES + Long.BYTES + 32;

  private final long size;
  private final int[] sums;

  private ChunkChecksums(long size, int[] sums) {
    this.size = size;
    this.sums = sums;
  }

  /** Computes the checksums of a whole blob. */
  static ChunkChecksums of(byte[] blob) {
    Builder builder = new Builder();
    builder.update(blob, 0, blob.length);
    return builder.build();
  }

  /**
   * Whether the checksums are stored in a file. A blob of one chunk has none: its digest serves the
   * purpose.
   */
  boolean areKept() {
    return size > CHUNK;
  }

  /** The length of the blob in bytes. */
  long size() {
    return size;
  }

  /** The approximate memory that this object takes, in bytes. */
  int weight() {
    return 256 + sums.length * Integer.BYTES;
  }

  /** Whether these bytes have the checksum of the chunk. */
  boolean match(int chunk, byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return (int) crc.getValue() == sums[chunk];
  }

  /** Encodes the content of the checksum file. */
  byte[] encoded(Digest digest) {
    ByteBuffer file = ByteBuffer.allocate(HEADER + (sums.length + 1) * Integer.BYTES);
    file.put(MAGIC).putInt(CHUNK).putLong(size).put(digest.bytes());
    for (int sum : sums) {
      file.putInt(sum);
    }
    file.putInt(checksum(file.array(), file.position()));
    return file.array();
  }

  /**
   * Decodes the content of a checksum file; returns null if it is damaged or belongs to another
   * digest.
   */
  static ChunkChecksums decoded(byte[] file, Digest digest) {
    ByteBuffer in = ByteBuffer.wrap(file);
    try {
      byte[] magic = new byte[MAGIC.length];
      in.get(magic);
      int chunk = in.getInt();
      long size = in.getLong();
      byte[] sha256 = new byte[32];
      in.get(sha256);
      if (!Arrays.equals(magic, MAGIC)
          || chunk != CHUNK
          || size < 0
          || !Arrays.equals(sha256, digest.bytes())
          || in.remaining() != (chunks(size) + 1) * Integer.BYTES) {
        return null;
      }
      int[] sums = new int[(int) chunks(size)];
      for (int i = 0; i < sums.length; i++) {
        sums[i] = in.getInt();
      }
      int end = in.position();
      return in.getInt() == checksum(file, end) ? new ChunkChecksums(size, sums) : null;
    } catch (BufferUnderflowException e) {
      return null;
    }
  }

  /** The number of chunks of a blob. */
  private static long chunks(long size) {
    return size / CHUNK + (size % CHUNK == 0 ? 0 : 1);
  }

  private static int checksum(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  /** Computes checksums from a blob's bytes, which arrive in order and in pieces of any size. */
  static final class Builder {
    private final CRC32C crc = new CRC32C();
    private int[] sums = new int[16];
    private int chunks;
    private int inChunk;
    private long size;

    void update(byte[] bytes, int offset, int length) {
      int from = offset;
      int left = length;
      while (left > 0) {
        int part = Math.min(left, CHUNK - inChunk);
        crc.update(bytes, from, part);
        from += part;
        left -= part;
        inChunk += part;
        if (inChunk == CHUNK) {
          endChunk();
        }
      }
      size += length;
    }

    long size() {
      return size;
    }

    /** Returns the checksums of all bytes. The builder can't be used after that. */
    ChunkChecksums build() {
      if (inChunk > 0) {
        endChunk();
      }
      return new ChunkChecksums(size, Arrays.copyOf(sums, chunks));
    }

    private void endChunk() {
      if (chunks == sums.length) {
        sums = Arrays.copyOf(sums, chunks * 2);
      }
      sums[chunks++] = (int) crc.getValue();
      crc.reset();
      inChunk = 0;
    }
  }
}
