package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.CatalogUnavailableException;
import dev.controlplane.catalog.files.FileState;
import dev.controlplane.catalog.files.StorageErrors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Holds what a process has open on a database file that may appear, disappear and be replaced. It
 * is closed when the file is gone or replaced, and opened again when a file is there. Meanwhile
 * {@link #now} throws {@link CatalogUnavailableException}. Thread-safe.
 */
final class Awaited<T> implements AutoCloseable {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** Opens the file. */
  @FunctionalInterface
  interface Opening<T> {
    /**
     * Opens the file.
     *
     * @throws CatalogException with the reason if it can't be opened now
     */
    T open() throws IOException;
  }

  private final Path file;
  private final Opening<T> opening;
  private final Consumer<T> closing;

  /** Held while checking, opening and closing the file. */
  private final ReentrantLock lock = new ReentrantLock();

  private FileState known;
  private long lookedAt;
  private CatalogException trouble;
  private boolean closed;
  private volatile T opened;

  /** Creates the holder without opening anything. */
  Awaited(Path file, Opening<T> opening, Consumer<T> closing) {
    this.file = file;
    this.opening = opening;
    this.closing = closing;
  }

  /** Opens the file now with a special opening; throws the reason if that fails. */
  void open(Opening<T> first) throws IOException {
    lock.lock();
    try {
      FileState before = FileState.of(file);
      T made = first.open();
      known = FileState.of(file);
      if (known == null || (before != null && !before.isSameFile(known))) {
        closing.accept(made);
        throw new CatalogUnavailableException(file + " has just changed; try again");
      }
      opened = made;
    } finally {
      lookedAt = System.nanoTime();
      lock.unlock();
    }
  }

  /**
   * Returns what is open. Checks the file at most twice a second, and at once if nothing is open
   * and a file has appeared.
   */
  T now() {
    lock.lock();
    try {
      if (closed) {
        throw new CatalogException(file + " is closed");
      }
      if (System.nanoTime() - lookedAt >= LOOK_NANOS || (opened == null && hasCome())) {
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

  private boolean hasCome() {
    return trouble == null || (known == null && FileState.of(file) != null);
  }

  private void look() {
    FileState there = FileState.of(file);
    if (opened != null && !known.isSameFile(there)) {
      T gone = opened;
      opened = null;
      closing.accept(gone);
    }
    if (opened == null) {
      try {
        open(opening);
        trouble = null;
      } catch (CatalogException e) {
        trouble = e;
        known = there;
      } catch (IOException e) {
        trouble = StorageErrors.of(e, "use", file);
        known = there;
      }
    }
    lookedAt = System.nanoTime();
  }

  /** Returns what is open without checking the file; null if nothing is. */
  T opened() {
    return opened;
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      if (opened != null) {
        closing.accept(opened);
      }
    } finally {
      lock.unlock();
    }
  }
}
