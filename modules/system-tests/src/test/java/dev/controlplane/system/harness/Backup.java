package dev.controlplane.system.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/** A backup of a running cluster's catalog, made and restored as docs/operations.md says. */
public final class Backup {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String COPY =
      "import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))";

  private final Cluster cluster;
  private final Path copy;

  /** Makes a backup while the servers run. Blobs stay where they are: none is collected. */
  public Backup(Cluster cluster) {
    this.cluster = cluster;
    this.copy = cluster.root().resolve("catalog.backup");
    Tools.run(Tools.python(), "-c", COPY, catalog("").toString(), copy.toString()).mustSucceed();
  }

  private Path catalog(String suffix) {
    return cluster.data().resolve("catalog.db" + suffix);
  }

  /** Restores it; only upload-server is stopped for it. */
  public void restore() {
    cluster.upload().terminate(LIMIT);
    putBack();
    cluster.upload().launch().awaitReady();
  }

  /** Puts the files into place, while upload-server is down. */
  public void putBack() {
    try {
      for (String suffix : new String[] {"", "-wal", "-shm"}) {
        if (Files.exists(catalog(suffix))) {
          Files.move(
              catalog(suffix),
              cluster.root().resolve("replaced" + suffix),
              StandardCopyOption.REPLACE_EXISTING);
        }
      }
      Path beside = catalog(".restoring");
      Files.copy(copy, beside, StandardCopyOption.REPLACE_EXISTING);
      Files.move(beside, catalog(""), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
