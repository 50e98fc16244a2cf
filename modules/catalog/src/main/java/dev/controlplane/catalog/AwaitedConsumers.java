package dev.controlplane.catalog;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * Consumers that are opened when there is a catalog beside them, closed when {@code consumers.db}
 * is gone or is another file, and opened again. In between calls throw {@link
 * CatalogUnavailableException}, and nothing is made in the directory.
 */
final class AwaitedConsumers implements Consumers {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final Path directory;
  private final Path file;
  private final java.util.function.Consumer<Throwable> onWriterDeath;

  /** Held while looking, opening and closing. */
  private final ReentrantLock lock = new ReentrantLock();

  private FileState known;
  private long lookedAt;
  private CatalogException trouble;
  private boolean closed;
  private volatile Consumers opened;
  private volatile WriterStatus lastStatus = new WriterStatus(0, 0, 0, 0);

  AwaitedConsumers(Path directory, java.util.function.Consumer<Throwable> onWriterDeath) {
    this.directory = directory;
    this.file = Schema.CONSUMERS.in(directory);
    this.onWriterDeath = onWriterDeath;
  }

  /** Opens them now; throws with the reason if they can't be. */
  void openAtStart() {
    lock.lock();
    try {
      open();
    } finally {
      lock.unlock();
    }
  }

  /** The consumers, looked at twice a second at most. */
  private Consumers now() {
    lock.lock();
    try {
      if (closed) {
        throw new CatalogException(file + " is closed");
      }
      if ((trouble == null && opened == null) || System.nanoTime() - lookedAt >= LOOK_NANOS) {
        look();
      }
      if (opened == null) {
        throw new CatalogUnavailableException(trouble.getMessage(), trouble);
      }
      return opened;
    } finally {
      lock.unlock();
    }
  }

  private void look() {
    if (opened != null && !known.isSameFile(FileState.of(file))) {
      Consumers gone = opened;
      opened = null;
      gone.close();
    }
    trouble = null;
    if (opened == null) {
      try {
        open();
      } catch (CatalogException e) {
        trouble = e;
      }
    }
    lookedAt = System.nanoTime();
  }

  private void open() {
    Path catalog = Schema.CATALOG.in(directory);
    if (FileState.of(catalog) == null) {
      throw Contents.absent(directory, catalog);
    }
    opened = DataDirectory.openConsumers(directory, onWriterDeath);
    known = FileState.of(file);
    if (known == null) {
      opened.close();
      opened = null;
      throw Contents.absent(directory, file);
    }
    lookedAt = System.nanoTime();
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
    Consumers there = opened;
    if (there != null) {
      lastStatus = there.status();
    }
    return lastStatus;
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      if (opened != null) {
        opened.close();
      }
    } finally {
      lock.unlock();
    }
  }
}
