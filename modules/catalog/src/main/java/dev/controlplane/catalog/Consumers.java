package dev.controlplane.catalog;

import java.time.Instant;
import java.util.Collection;
import java.util.Optional;

/** Who receives workers, as told by themselves; durable. Calls are as in {@link CatalogReader}. */
public interface Consumers extends AutoCloseable {
  /**
   * One consumer.
   *
   * @param id {@code consumer_id}
   * @param endpoint as registered; empty if it never registered
   * @param lastSeen the newest sign of life
   * @param lastRevision the highest revision sent to it; 0 for none
   */
  record Consumer(String id, String endpoint, Instant lastSeen, long lastRevision) {}

  /** A sign of life, to be recorded. */
  record Sighting(String id, Instant at, long lastRevision) {}

  /** Records a consumer and its endpoint; again: the new endpoint counts. */
  void register(String id, String endpoint, Instant at);

  /** Records many signs of life in one transaction; an unknown consumer becomes known. */
  void seen(Collection<Sighting> sightings);

  /** One consumer. */
  Optional<Consumer> find(String id);

  /** All consumers by id; parameters as {@link CatalogReader#versions}. */
  Page<Consumer> list(int limit, String after);

  /** Throws {@link CatalogException} with the reason if consumers can't be recorded now. */
  void check();

  /** Figures of the writer, for metrics. */
  WriterStatus status();

  @Override
  void close();
}
