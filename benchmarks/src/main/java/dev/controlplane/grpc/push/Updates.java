package dev.controlplane.grpc.push;

import dev.controlplane.benchmarks.Scratch;
import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.Catalog;
import dev.controlplane.catalog.DataDirectory;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.Update;
import dev.controlplane.grpc.log.LogEntry;
import dev.controlplane.grpc.log.OfferedRevisions;
import dev.controlplane.grpc.log.UpdateEncoder;
import dev.controlplane.grpc.log.UpdateLog;
import dev.controlplane.server.EventLog;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Clock;
import java.time.Instant;
import java.util.Set;

/** A log of updates in a directory of its own, and subscriptions to it. */
final class Updates implements AutoCloseable {
  private static final int QUEUE_SIZE = 256;
  private static final SubscribeOptions WANTS_ALL =
      new SubscribeOptions("consumer", Set.of(), "", false, false, false, false);
  private static final Digest DIGEST = Digest.of(new byte[32]);

  private final Scratch scratch = new Scratch();
  private final Catalog catalog = DataDirectory.openCatalog(scratch.directory());
  private final BlobStore blobs = DataDirectory.openBlobs(scratch.directory(), catalog);
  private final UpdateLog log;
  private long revision;

  Updates() throws IOException {
    EventLog events = new EventLog("benchmark", OutputStream.nullOutputStream(), Clock.systemUTC());
    log =
        new UpdateLog(
            catalog,
            new UpdateEncoder(blobs, 1 << 20, false, events),
            new UpdateLog.Limits(1, 1, 1, 1 << 20),
            catalog.log());
  }

  /** Says nothing of offers, which threads of a benchmark make at any time: only updates count. */
  private final class Offered implements OfferedRevisions {
    @Override
    public long revision() {
      return revision;
    }

    @Override
    public long offered() {
      return 0;
    }
  }

  /** The log, with a ring of one entry. */
  UpdateLog log() {
    return log;
  }

  /** A stored version of this size; the update that tells of it. */
  Update published(int size) {
    try (BlobStore.Upload upload = blobs.receive()) {
      upload.write(new byte[size], 0, size);
      long published =
          catalog.publish("worker", "1-" + size, upload.commit(), "text/javascript").revision();
      return catalog.updates(published - 1, 1).getFirst();
    }
  }

  /** A subscription to all workers that has started. */
  Subscription subscription() {
    Subscription subscription =
        new Subscription(WANTS_ALL, log, new Offered(), QUEUE_SIZE, Long.MAX_VALUE);
    subscription.startNow();
    return subscription;
  }

  /** An entry with the next revision, which is in nobody's log but was never to be looked up. */
  LogEntry next() {
    revision++;
    return new LogEntry(
        new Update(
            revision,
            Update.Kind.PUBLISHED,
            "worker",
            "1",
            DIGEST,
            1024,
            Instant.ofEpochSecond(1),
            "1",
            revision));
  }

  @Override
  public void close() throws IOException {
    catalog.close();
    scratch.close();
  }
}
