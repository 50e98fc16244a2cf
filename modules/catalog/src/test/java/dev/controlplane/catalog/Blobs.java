package dev.controlplane.catalog;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Blobs for tests. */
public final class Blobs {
  private Blobs() {}

  /** What a stored blob of this text would be called; it need not be on disk. */
  static StoredBlob of(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new StoredBlob(digestOf(bytes), bytes.length);
  }

  public static Digest digestOf(byte[] bytes) {
    try {
      return Digest.of(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Stores bytes and forgets the upload. */
  public static StoredBlob store(BlobStore store, byte[] bytes) {
    try (BlobStore.Upload upload = store.receive()) {
      upload.write(bytes, 0, bytes.length);
      return upload.commit();
    }
  }

  /** All of a blob, read with an array of this length. */
  public static byte[] read(BlobStore store, Digest digest, int length) throws IOException {
    try (BlobStore.Blob blob = store.open(digest)) {
      byte[] all = new byte[(int) blob.size()];
      byte[] part = new byte[length];
      int at = 0;
      for (int n; (n = blob.read(at, part, 0, length)) > 0; at += n) {
        System.arraycopy(part, 0, all, at, n);
      }
      if (at != all.length) {
        throw new AssertionError("read " + at + " of " + all.length);
      }
      return all;
    }
  }
}
