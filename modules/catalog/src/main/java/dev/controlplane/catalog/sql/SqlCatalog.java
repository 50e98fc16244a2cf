package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.Catalog;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.LogPage;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Page;
import dev.controlplane.catalog.StoredBlob;
import dev.controlplane.catalog.Update;
import dev.controlplane.catalog.Version;
import dev.controlplane.catalog.WriterStatus;
import dev.controlplane.catalog.database.LogClock;
import dev.controlplane.catalog.database.Schema;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The catalog in {@code catalog.db}. Each change is part of one transaction ({@link
 * CatalogChanges}). Revisions come from a counter in the database that only these transactions
 * increase, so they have no gaps and follow the commit order. Reads go to {@link SqlCatalogReader}.
 */
public final class SqlCatalog implements Catalog {
  private final Awaited<CatalogWriter> writer;

  /** Used by the thread of the current writer only; there is one at a time. */
  private final Revisions revisions = new Revisions();

  private final LogClock clock = new LogClock(InstantSource.system());
  private final CatalogChanges changes = new CatalogChanges(revisions, clock);
  private final SqlCatalogReader reader;

  private SqlCatalog(Path directory, Consumer<Throwable> onWriterDeath) throws IOException {
    this.writer =
        new Awaited<>(
            Schema.CATALOG.in(directory),
            () -> CatalogWriter.open(directory, false, revisions, clock, onWriterDeath),
            CatalogWriter::close);
    writer.open(() -> CatalogWriter.open(directory, true, revisions, clock, onWriterDeath));
    this.reader = new SqlCatalogReader(directory);
  }

  /**
   * Opens the catalog; creates it if it is missing. If the file is replaced later, the new file is
   * opened, but never created.
   *
   * @param onWriterDeath as for {@code GroupCommit}
   */
  public static SqlCatalog open(Path directory, Consumer<Throwable> onWriterDeath)
      throws IOException {
    return new SqlCatalog(directory, onWriterDeath);
  }

  @Override
  public Change publish(String worker, String version, StoredBlob blob, String contentType) {
    String type = ContentTypes.of(contentType, worker);
    PublishEvent event = PublishEvent.begun();
    Change change =
        writer.now().commit(session -> changes.publish(session, worker, version, blob, type));
    event.ended(change);
    return change;
  }

  @Override
  public Change moveLatest(String worker, String version) {
    return writer.now().commit(session -> changes.moveLatest(session, worker, version));
  }

  @Override
  public Change retry(String worker, String version, String consumer) {
    return writer.now().commit(session -> changes.retry(session, worker, version, consumer));
  }

  @Override
  public Change delete(String worker, String version) {
    return writer.now().commit(session -> changes.delete(session, worker, version));
  }

  @Override
  public long compact(long revision) {
    return writer.now().commit(session -> Compaction.compact(session, revision));
  }

  @Override
  public Optional<Instant> unreferencedSince(Digest digest) {
    return reader.unreferencedSince(digest);
  }

  @Override
  public void collected(Instant before) {
    writer
        .now()
        .commit(
            session -> {
              session.change("DELETE FROM unreferenced WHERE since < ?", before.toEpochMilli());
              return null;
            });
  }

  @Override
  public WriterStatus status() {
    CatalogWriter now = writer.opened();
    return now == null ? new WriterStatus(0, 0, 0, 0) : now.status();
  }

  @Override
  public Optional<Version> latest(String worker) {
    return reader.latest(worker);
  }

  @Override
  public Optional<Version> version(String worker, String version) {
    return reader.version(worker, version);
  }

  @Override
  public Optional<Version> recorded(String worker, String version) {
    return reader.recorded(worker, version);
  }

  @Override
  public Page<Version> versions(String worker, int limit, String after) {
    return reader.versions(worker, limit, after);
  }

  @Override
  public Page<Version> latestOfAll(int limit, String after) {
    return reader.latestOfAll(limit, after);
  }

  @Override
  public LogState log() {
    return reader.log();
  }

  @Override
  public LogPage page(long after, int limit) {
    return reader.page(after, limit);
  }

  @Override
  public Page<Update> snapshot(long revision, int limit, String after) {
    return reader.snapshot(revision, limit, after);
  }

  @Override
  public List<Update> snapshot(long revision, Collection<String> workers) {
    return reader.snapshot(revision, workers);
  }

  @Override
  public Set<String> ambiguous(Collection<Update> updates) {
    return reader.ambiguous(updates);
  }

  @Override
  public List<Integer> counts(List<Span> spans, int most) {
    return reader.counts(spans, most);
  }

  @Override
  public void check() {
    writer.now().check();
    reader.check();
  }

  @Override
  public void close() {
    writer.close();
    // Closed last: if the last connection only reads, the files of the write-ahead log stay where
    // readers of other processes expect them.
    reader.close();
  }
}
