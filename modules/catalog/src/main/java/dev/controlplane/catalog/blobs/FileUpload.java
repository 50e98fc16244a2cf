package dev.controlplane.catalog.blobs;

import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.DiskTimes;
import dev.controlplane.catalog.StoredBlob;
import dev.controlplane.catalog.files.Directories;
import dev.controlplane.catalog.files.StorageErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;

/** An upload into a {@link FileBlobStore}. */
final class FileUpload implements BlobStore.Upload {
  /** The most bytes per write. Larger writes would only grow the JDK's buffers. */
  private static final int MAX_WRITE = 64 * 1024;

  private final FileBlobStore store;
  private final Path part;
  private final Path sidecarPart;
  private final FileChannel channel;
  private final MessageDigest sha256 = Digest.sha256();
  private final ChunkChecksums.Builder sums = new ChunkChecksums.Builder();
  private Digest leased;
  private boolean placed;
  private boolean committed;
  private boolean kept;
  private boolean failed;
  private boolean closed;

  FileUpload(FileBlobStore store) throws IOException {
    this.store = store;
    this.part = store.files().incoming().resolve(UUID.randomUUID() + ".part");
    this.sidecarPart = BlobFiles.sidecarOf(part);
    this.channel =
        FileChannel.open(
            part,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            store.files().forNewFile());
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    requireOpen();
    try {
      for (int done = 0; done < length; ) {
        ByteBuffer piece =
            ByteBuffer.wrap(bytes, offset + done, Math.min(MAX_WRITE, length - done));
        done += piece.remaining();
        while (piece.hasRemaining()) {
          channel.write(piece);
        }
      }
    } catch (IOException e) {
      failed = true;
      throw StorageErrors.of(e, "write", part);
    }
    sha256.update(bytes, offset, length);
    sums.update(bytes, offset, length);
  }

  @Override
  public long size() {
    return sums.size();
  }

  /** Makes what was written so far durable. */
  void force() {
    try {
      DiskTimes.sync(channel);
    } catch (IOException e) {
      failed = true;
      throw StorageErrors.of(e, "write", part);
    }
  }

  @Override
  public StoredBlob commit() {
    requireOpen();
    Digest digest = Digest.of(sha256.digest());
    ChunkChecksums checksums = sums.build();
    Path file = store.files().fileOf(digest);
    try {
      // Taken before the files appear, so that they are removed if a later step fails. From here on
      // nobody removes an existing blob.
      store.leases().take(digest);
      leased = digest;
      if (!isWhole(file, checksums, digest)) {
        DiskTimes.sync(channel);
        if (checksums.areKept()) {
          write(sidecarPart, checksums.encoded(digest));
        }
        store.files().prepare(file);
        place(file, checksums, digest);
        placed = true;
      }
      // Synced even if the blob existed: the process that stored it may have been killed before its
      // own sync.
      Directories.sync(file.getParent());
      committed = true;
      return new StoredBlob(digest, checksums.size());
    } catch (IOException e) {
      failed = true;
      throw StorageErrors.of(e, "store", file);
    }
  }

  @Override
  public void keep() {
    if (!committed) {
      throw new IllegalStateException("the upload is not committed");
    }
    kept = true;
  }

  /** Renames files into place whose content is durable. */
  private void place(Path file, ChunkChecksums checksums, Digest digest) throws IOException {
    ReentrantLock lock = store.leases().lockOf(digest);
    lock.lock();
    try {
      if (!checksums.areKept()) {
        store.files().shelve(part, file);
        return;
      }
      // The checksums come first: they depend only on the blob's bytes, so they fit any state of
      // the blob.
      Path sidecar = BlobFiles.sidecarOf(file);
      store.files().shelve(sidecarPart, sidecar);
      try {
        store.files().shelve(part, file);
      } catch (IOException e) {
        if (!Files.exists(file)) {
          Files.deleteIfExists(sidecar);
        }
        throw e;
      }
    } finally {
      lock.unlock();
    }
  }

  private void write(Path file, byte[] bytes) throws IOException {
    try (FileChannel out =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            store.files().forNewFile())) {
      ByteBuffer content = ByteBuffer.wrap(bytes);
      while (content.hasRemaining()) {
        out.write(content);
      }
      DiskTimes.sync(out);
    }
  }

  /** Whether the stored blob is intact. A blob that can't be read is not, and is replaced. */
  private static boolean isWhole(Path file, ChunkChecksums expected, Digest digest)
      throws ClosedByInterruptException {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      if (in.size() != expected.size()
          || (expected.areKept()
              && !hasContent(BlobFiles.sidecarOf(file), expected.encoded(digest)))) {
        return false;
      }
      byte[] chunk = new byte[(int) Math.min(ChunkChecksums.CHUNK, expected.size())];
      ByteBuffer buffer = ByteBuffer.wrap(chunk);
      for (long at = 0; at < expected.size(); at += ChunkChecksums.CHUNK) {
        int length = (int) Math.min(ChunkChecksums.CHUNK, expected.size() - at);
        buffer.clear().limit(length);
        while (buffer.hasRemaining() && in.read(buffer, at + buffer.position()) > 0) {
          // Read until the chunk is complete.
        }
        if (buffer.hasRemaining()
            || !expected.match((int) (at / ChunkChecksums.CHUNK), chunk, 0, length)) {
          return false;
        }
      }
      return true;
    } catch (ClosedByInterruptException e) {
      throw e;
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean hasContent(Path file, byte[] content) throws IOException {
    return Files.size(file) == content.length && Arrays.equals(Files.readAllBytes(file), content);
  }

  private void requireOpen() {
    if (closed || committed || failed) {
      throw new IllegalStateException(
          "the upload is " + (closed ? "closed" : committed ? "committed" : "failed"));
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    FileBlobStore.closeQuietly(channel);
    if (!placed) {
      try {
        Files.deleteIfExists(part);
        Files.deleteIfExists(sidecarPart);
      } catch (IOException e) {
        // The next start of the catalog's writer removes it.
      }
    }
    if (leased != null) {
      store.release(leased, kept);
    }
  }
}
