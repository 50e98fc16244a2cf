package dev.controlplane.grpc;

import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.Catalog;
import dev.controlplane.catalog.DataDirectory;
import dev.controlplane.catalog.Digest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** What upload-server does to the data directory, in the test's process. */
public final class Writer implements AutoCloseable {
  private final Catalog catalog;
  private final BlobStore blobs;

  public Writer(Path data) {
    catalog = DataDirectory.openCatalog(data);
    blobs = DataDirectory.openBlobs(data, catalog);
  }

  /** Publishes a version; its revision. */
  public long publish(String worker, String version, byte[] code) {
    try (BlobStore.Upload upload = blobs.receive()) {
      upload.write(code, 0, code.length);
      return catalog
          .publish(worker, version, upload.commit(), "application/octet-stream")
          .revision();
    }
  }

  public long publish(String worker, String version, String code) {
    return publish(worker, version, code.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Logs so many updates at the least cost: a rollback and a return, in turn.
   *
   * @return the revision of the last
   */
  public long churn(String worker, int updates) {
    publish(worker, "one", "1");
    long revision = publish(worker, "two", "22");
    for (int i = 0; i < updates - 2; i++) {
      revision = catalog.moveLatest(worker, i % 2 == 0 ? "one" : "two").revision();
    }
    return revision;
  }

  public Catalog catalog() {
    return catalog;
  }

  public static String sha256(byte[] bytes) {
    try {
      return Digest.of(MessageDigest.getInstance("SHA-256").digest(bytes)).hex();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    catalog.close();
  }
}
