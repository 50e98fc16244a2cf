package dev.controlplane.grpc.log;

import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.CompactedException;
import dev.controlplane.catalog.LogPage;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Page;
import dev.controlplane.catalog.Update;
import dev.controlplane.catalog.failures.CatalogException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * One log in the form of messages, from when the tail finds it until the tail loses it. The newest
 * updates are in a ring buffer, older ones in pages; each update is read once and encoded once for
 * all subscriptions. Thread-safe.
 *
 * <p>Every read of the catalog goes through this class and is checked: if the catalog has a
 * different log by then, the read throws {@link LogGoneException}. A log that comes back becomes a
 * new {@code UpdateLog} without any cached updates, so an update of another log is never found in
 * this one.
 */
public final class UpdateLog implements OfferedRevisions {
  /**
   * How much of a log is kept in memory.
   *
   * @param updates how many updates the ring has; 1 or more
   * @param bytes how many bytes the messages in the ring may take; old pages may take as many again
   * @param catchUps how many subscriptions that are far behind read the log at the same time
   * @param snapshotBytes how many bytes the messages of snapshots may take
   */
  public record Limits(int updates, long bytes, int catchUps, long snapshotBytes) {}

  /** Encodes the message of an update. */
  interface Encoding {
    EncodedMessage encoded(Update update);
  }

  /**
   * Messages with at most this many bytes of code are not shared: each stream that sends one keeps
   * it.
   */
  private static final int MUCH_CODE = 8 << 10;

  private final CatalogReader catalog;
  private final UpdateEncoder encoder;
  private final LogState found;
  private final RecentUpdates recent;
  private final OldPages old;
  private final LatestMoves moves;
  private final CatchUpTurns turns;
  private final SharedMessages snapshots;

  // Only the tail changes these.
  private volatile long revision;
  private volatile long offered;

  /** Creates the log in the state in which it was found. Updates up to its head are not offered. */
  public UpdateLog(CatalogReader catalog, UpdateEncoder encoder, Limits limits, LogState found) {
    this.catalog = catalog;
    this.encoder = encoder;
    this.found = found;
    this.recent = new RecentUpdates(limits.updates(), limits.bytes());
    this.old = new OldPages(this::read, this::encoded, limits.bytes());
    this.moves = new LatestMoves(worker -> snapshot(state().head(), List.of(worker)));
    this.turns = new CatchUpTurns(limits.catchUps(), old::hasNext);
    this.snapshots = new SharedMessages(encoder, limits.snapshotBytes());
    this.revision = found.head();
    this.offered = found.head();
  }

  /**
   * The identity of the log. Head and compacted revision are those at the time when the tail found
   * it.
   */
  public LogState found() {
    return found;
  }

  @Override
  public long revision() {
    return revision;
  }

  @Override
  public long offered() {
    return offered;
  }

  /** The tail is about to offer updates up to this revision. */
  public void offering(long upTo) {
    revision = upTo;
  }

  /** The tail has offered all updates up to this revision. */
  public void hasOffered(long upTo) {
    offered = upTo;
  }

  public boolean isSame(LogState other) {
    return other.id().equals(found.id()) && other.epoch() == found.epoch();
  }

  /**
   * Returns the current state of the log.
   *
   * @throws LogGoneException if the catalog has a different log, or this one went back
   * @throws CatalogException if there is no catalog, or it can't be read now
   */
  public LogState state() {
    long before = revision;
    return whole(catalog.log(), before);
  }

  /**
   * Checks that a state belongs to this log and reaches far enough. The latter detects a restored
   * backup that upload-server has not opened yet: until then it has the same id and epoch.
   *
   * @param before the revision that was followed before the read
   */
  private LogState whole(LogState now, long before) {
    if (same(now).head() < before) {
      throw new LogGoneException(
          "the log ends at revision %d, before %d that was sent".formatted(now.head(), before));
    }
    return now;
  }

  private LogState same(LogState now) {
    if (!isSame(now)) {
      throw new LogGoneException(
          "the catalog has the log %s, epoch %d; expected: %s, epoch %d"
              .formatted(now.id(), now.epoch(), found.id(), found.epoch()));
    }
    return now;
  }

  /**
   * Reads updates of this log.
   *
   * @throws CompactedException if they were removed from it
   */
  public List<Update> read(long after, int limit) {
    long before = revision;
    try {
      LogPage page = catalog.page(after, limit);
      whole(page.log(), before);
      return page.updates();
    } catch (CompactedException e) {
      same(e.log());
      throw e;
    }
  }

  /** A page of the workers' states at a revision; see {@link CatalogReader#snapshot}. */
  public Page<Update> snapshot(long at, int limit, String after) {
    return ofThisLog(at, () -> catalog.snapshot(at, limit, after));
  }

  /** The states of these workers at a revision. */
  public List<Update> snapshot(long at, Collection<String> workers) {
    return ofThisLog(at, () -> catalog.snapshot(at, workers));
  }

  /** See {@link CatalogReader#ambiguous}. */
  public Set<String> ambiguous(Collection<Update> updates) {
    return updates.isEmpty() ? Set.of() : ofThisLog(0, () -> catalog.ambiguous(updates));
  }

  /**
   * Runs a read. Its result is valid only if the catalog has this log, and far enough, before and
   * after the read.
   */
  private <T> T ofThisLog(long reaching, Supplier<T> read) {
    requireReaching(reaching);
    T result;
    try {
      result = read.get();
    } catch (CompactedException e) {
      same(e.log());
      throw e;
    }
    requireReaching(reaching);
    return result;
  }

  private void requireReaching(long at) {
    long head = state().head();
    if (head < at) {
      throw new LogGoneException("the log ends at %d, before %d".formatted(head, at));
    }
  }

  /** Adds an update to the ring, before it is offered. Only the tail calls this. */
  public LogEntry add(Update update, boolean wanted) {
    LogEntry entry = new LogEntry(update);
    if (wanted) {
      // Encoded here once, before a thousand handlers ask for it.
      entry.message(encoded(update));
    }
    moves.passed(update);
    recent.add(entry);
    return entry;
  }

  /** Skips updates that were removed from the log, up to this head. Only the tail calls this. */
  public void skipTo(long head) {
    moves.forget();
    recent.clear();
    revision = head;
  }

  /** Whether a later update supersedes this one; see {@link LatestMoves#isSuperseded}. */
  public boolean isSuperseded(Update update) {
    return moves.isSuperseded(update);
  }

  /** The turns of subscriptions that are far behind. */
  public CatchUpTurns turns() {
    return turns;
  }

  /** Returns the position of a consumer that got everything up to a revision. */
  public ResumeToken token(long upTo) {
    try {
      return checkedToken(upTo);
    } catch (CatalogException e) {
      // A token without a fingerprint works as well; only one check is missing.
      return new ResumeToken(found.id(), found.epoch(), upTo, 0, null, false);
    }
  }

  /** As {@link #token}; throws if the update with that revision can't be read. */
  public ResumeToken checkedToken(long upTo) {
    return upTo < 1
        ? new ResumeToken(found.id(), found.epoch(), 0, 0, null, false)
        : ResumeToken.after(found, at(upTo).update());
  }

  /**
   * Returns the update with a revision from 1 to the head.
   *
   * @throws CompactedException if it was removed from the log
   * @throws CatalogException if it can't be read now
   */
  public LogEntry at(long wanted) {
    LogEntry entry = recent.get(wanted);
    return entry == null ? old.at(wanted) : entry;
  }

  /** Returns the encoded {@code WorkerUpdate} of an entry. */
  EncodedMessage message(LogEntry entry) {
    EncodedMessage message = entry.message();
    return message == null ? old.message(entry) : message;
  }

  /** Encodes the message of an update of this log. */
  public EncodedMessage encoded(Update update) {
    return encoder.encode(update, ResumeToken.after(found, update));
  }

  /** The shared messages of this log's snapshots. */
  public SharedMessages snapshots() {
    return snapshots;
  }

  /**
   * Sends the message of an update. A message with much code that is not in the ring is sent within
   * the budget of {@link SharedMessages}, so that slow clients can't keep more than that in memory.
   *
   * @return the message's length in bytes
   */
  public int send(LogEntry entry, MessageOutput output) throws InterruptedException {
    Update update = entry.update();
    if (encoder.codeBytes(update) > MUCH_CODE && recent.get(entry.revision()) != entry) {
      return snapshots.send(update, ResumeToken.after(found, update), output);
    }
    EncodedMessage message = message(entry);
    output.send(message);
    return message.length();
  }

  /** How many bytes of messages and old pages are in memory. */
  public long bytes() {
    return recent.bytes() + old.bytes();
  }
}
