package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.DataDirectory;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Page;
import dev.controlplane.catalog.WriterStatus;
import dev.controlplane.catalog.database.Contents;
import dev.controlplane.catalog.database.Schema;
import dev.controlplane.catalog.failures.CatalogUnavailableException;
import dev.controlplane.catalog.files.FileState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Consumers that are opened as soon as there is a catalog beside them, and closed and reopened when
 * {@code consumers.db} disappears or is replaced. Meanwhile calls throw {@link
 * CatalogUnavailableException} and nothing is created in the directory.
 */
public final class AwaitedConsumers implements Consumers {
  private final Awaited<Consumers> awaited;
  private final Awaited.Opening<Consumers> opening;
  private volatile WriterStatus lastStatus = new WriterStatus(0, 0, 0, 0);

  public AwaitedConsumers(Path directory, java.util.function.Consumer<Throwable> onWriterDeath) {
    Path catalog = Schema.CATALOG.in(directory);
    this.awaited =
        new Awaited<>(
            Schema.CONSUMERS.in(directory),
            () -> {
              if (FileState.of(catalog) == null) {
                throw Contents.absent(directory, catalog);
              }
              return DataDirectory.openConsumers(directory, onWriterDeath);
            },
            Consumers::close);
    this.opening = () -> DataDirectory.openConsumers(directory, onWriterDeath);
  }

  /** Opens the consumers now; throws the reason if that fails. */
  public void openAtStart() throws IOException {
    awaited.open(opening);
  }

  private Consumers now() {
    return awaited.now();
  }

  @Override
  public void register(String id, String endpoint, Instant at) {
    now().register(id, endpoint, at);
  }

  @Override
  public void seen(Collection<Sighting> sightings) {
    if (!sightings.isEmpty()) {
      now().seen(sightings);
    }
  }

  @Override
  public void follow(LogState log) {
    now().follow(log);
  }

  @Override
  public List<Report> report(List<Report> reports) {
    return now().report(reports);
  }

  @Override
  public Map<String, Rejection> rejections(String consumer) {
    return now().rejections(consumer);
  }

  @Override
  public boolean wantsAll(String consumer) {
    return now().wantsAll(consumer);
  }

  @Override
  public List<Standing> standings(String consumer, int limit, String after) {
    return now().standings(consumer, limit, after);
  }

  @Override
  public List<Standing> standingsWith(String worker, int limit, String after) {
    return now().standingsWith(worker, limit, after);
  }

  @Override
  public List<String> mostReported(int limit) {
    return now().mostReported(limit);
  }

  @Override
  public Optional<Consumer> find(String id) {
    return now().find(id);
  }

  @Override
  public Page<Consumer> list(int limit, String after) {
    return now().list(limit, after);
  }

  @Override
  public List<Consumer> following(String id, int limit) {
    return now().following(id, limit);
  }

  @Override
  public boolean forget(String id) {
    return now().forget(id);
  }

  @Override
  public int expire(Instant before, Predicate<String> spared) {
    return now().expire(before, spared);
  }

  @Override
  public void check() {
    now().check();
  }

  @Override
  public WriterStatus status() {
    Consumers there = awaited.opened();
    if (there != null) {
      lastStatus = there.status();
    }
    return lastStatus;
  }

  @Override
  public void close() {
    awaited.close();
  }
}
