package dev.controlplane.client;

import dev.controlplane.proto.ReportedState;
import dev.controlplane.proto.StatusReport;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An agent from its start to its end.
 *
 * <p>Two threads: one hears of updates and notes what each worker should come to; the other brings
 * it about, one worker at a time, so that a slow download or command never stops the stream. The
 * position that is made durable is one before which everything has been dealt with; whatever is
 * told twice changes nothing.
 */
final class AgentRun implements SubscriptionListener {
  /** A server takes 4 MiB in a request. */
  private static final int MOST_HELD_BYTES = 3 * 1024 * 1024;

  /** How often a problem that lasts is told. */
  private static final Duration TOLD_AGAIN = Duration.ofMinutes(3);

  private static final Duration CONFIRMATIONS = Duration.ofSeconds(1);

  /** What a command that is to be ended may take. */
  private static final Duration ENDING = Duration.ofSeconds(1);

  private final ControlPlaneClient client;
  private final AgentSettings settings;
  private final AgentEvents events;
  private final AgentDirectory directory;
  private final WithheldDeletions withheld;
  private final Reporter reporter;
  private final AgentReports reports;
  private final AgentTasks tasks = new AgentTasks();

  /** Written by the working thread, once there is one. */
  private final Map<String, WorkerState> states = new ConcurrentHashMap<>();

  private final AgentWork work;

  // Of the listening thread.

  /** What each worker should come to, as of the last update. */
  private final Map<String, String> desired = new HashMap<>();

  /** What the server was told that is active here. */
  private Map<String, WorkerState.Held> told = Map.of();

  /** What was active when the server compared, but is not any more. */
  private final Map<String, WorkerState.Held> stale = new HashMap<>();

  private final Set<String> named = new HashSet<>();

  /** Workers that the snapshot says are gone, with the revision that it says so of. */
  private final Map<String, Long> gone = new HashMap<>();

  /** Whether the snapshot is of a log that is not the one followed so far. */
  private boolean newLog;

  private String lastProblem = "";
  private long lastProblemAt;

  private boolean inSnapshot;
  private boolean differencesOnly;
  private long highestGeneration;

  // Of both.

  /** See {@link WorkerState}; grows on the listening thread, with nothing at work. */
  private volatile long generation;

  private volatile Throwable broken;
  private volatile String heard = "";

  private final Lock positionLock = new ReentrantLock();
  private String position = "";
  private String saved = "";
  private String positionTrouble = "";
  private boolean positionHolds;
  private long syncedRevision = -1;

  /** The newest revision heard of; of the listening thread. */
  private volatile long heardRevision;

  AgentRun(
      ControlPlaneClient client,
      AgentSettings settings,
      Admission admission,
      Consumer<AgentEvent> listener,
      AgentDirectory directory)
      throws IOException {
    this.client = client;
    this.settings = settings;
    this.events = new AgentEvents(listener);
    this.directory = directory;
    this.withheld = new WithheldDeletions(directory);
    this.reporter = client.reporter(this::unreported);
    this.reports = new AgentReports(reporter, settings.consumerId(), withheld::message);
    this.work =
        new AgentWork(
            client,
            directory,
            admission,
            settings.keep(),
            tasks,
            states,
            reports,
            this::event,
            withheld);
  }

  void run() throws IOException, InterruptedException {
    boot();
    Subscription subscription =
        new Subscription(settings.consumerId(), settings.workers())
            .after(position)
            .withSnapshot()
            .silence(settings.silence());
    Thread listening = Thread.currentThread();
    Thread worker = Thread.ofVirtual().name("agent").start(() -> work(listening));
    Thread confirmations = Thread.ofVirtual().name("confirmations").start(this::awaitConfirmations);
    try {
      client.subscribePatiently(subscription, this);
    } catch (InterruptedException e) {
      if (broken != null) {
        throw new IllegalStateException("the agent failed", broken);
      }
      throw e;
    } finally {
      work.end();
      worker.interrupt();
      confirmations.interrupt();
      note(false, "the agent has ended");
      reporter.close();
      worker.join(ENDING);
    }
  }

  // The start.

  /** Makes sure of what is active, and of where to go on. */
  private void boot() throws IOException {
    AgentDirectory.Position last = directory.position();
    boolean trusted =
        last != null
            && last.consumerId().equals(settings.consumerId())
            && last.workers().equals(settings.workers());
    generation = last == null ? 0 : last.generation();
    heardRevision = last == null ? 0 : last.revision();
    highestGeneration = generation;
    for (WorkerState state : directory.states().values()) {
      highestGeneration = Math.max(highestGeneration, Math.max(state.generation(), generation));
      if (settings.workers().isEmpty() || settings.workers().contains(state.worker())) {
        trusted &= verified(state);
      }
    }
    if (trusted) {
      position = last.token();
      saved = position;
      positionHolds = true;
    } else {
      generation = ++highestGeneration;
    }
    states.values().forEach(this::reportAgain);
    withheld.list().forEach(one -> event(AgentEvent.withheld(one)));
    if (settings.newLog() == NewLog.FOLLOW) {
      withheld.confirm(one -> one.reason() == Withheld.Reason.NEW_LOG);
    }
    takeConfirmations();
    for (Withheld one : withheld.list()) {
      if (one.confirmed()) {
        removeConfirmed(one.worker());
      }
    }
    note(false, "");
  }

  /** Whether all is as it was left; else what is active is what can be trusted. */
  private boolean verified(WorkerState state) {
    String worker = state.worker();
    try {
      String current = directory.current(worker);
      for (WorkerState.Held held : state.kept()) {
        if (held.version().equals(current) && directory.holds(worker, held)) {
          WorkerState whole = state.activating(held);
          // What was refused was refused before the switch.
          states.put(
              worker, state.rejection() == null ? whole : whole.rejecting(state.rejection()));
          desired.put(worker, state.desired());
          event(AgentEvent.of(AgentEvent.Kind.FOUND, worker, current, held.revision()));
          return settled(states.get(worker));
        }
      }
      if (current.isEmpty() && state.active() == null) {
        states.put(worker, state);
        desired.put(worker, state.desired());
        return settled(state);
      }
      event(
          new AgentEvent(
              AgentEvent.Kind.DAMAGED,
              worker,
              current,
              0,
              "",
              current.isEmpty() ? "current is missing" : "its bytes are not those it was given"));
      fallBack(state, current);
    } catch (IOException e) {
      states.put(worker, state.withoutActive());
      event(
          new AgentEvent(
              AgentEvent.Kind.DAMAGED, worker, "", 0, "disk", AgentDirectory.problem(e)));
    } catch (InvalidNameException e) {
      states.put(worker, state.withoutActive());
      event(new AgentEvent(AgentEvent.Kind.DAMAGED, worker, "", 0, "invalid_name", e.getMessage()));
    }
    return false;
  }

  /** Whether nothing is left to be done that only a comparison with the server would bring up. */
  private static boolean settled(WorkerState state) {
    boolean refused =
        state.rejection() != null && state.rejection().version().equals(state.desired());
    return refused || state.isActive(state.desired());
  }

  private void fallBack(WorkerState state, String damaged) throws IOException {
    String worker = state.worker();
    states.put(worker, state.withoutActive());
    if (damaged.isEmpty()) {
      return;
    }
    for (WorkerState.Held held : state.kept()) {
      if (!held.deleted() && !held.version().equals(damaged) && directory.holds(worker, held)) {
        directory.activate(worker, held.version());
        states.put(worker, state.activating(held));
        event(
            new AgentEvent(
                AgentEvent.Kind.FOUND,
                worker,
                held.version(),
                held.revision(),
                "",
                "active in place of " + damaged));
        return;
      }
    }
    directory.deactivate(worker);
  }

  /** What the last process may have failed to report. */
  private void reportAgain(WorkerState state) {
    WorkerState.Held active = state.active();
    if (active != null) {
      reports.report(
          state.worker(),
          active,
          active.generation() == generation ? active.revision() : 0,
          ReportedState.ACTIVE);
    }
    WorkerState.Rejection refused = state.rejection();
    if (refused != null && refused.generation() == generation) {
      reports.rejected(state.worker(), refused);
    }
  }

  // Listening.

  @Override
  public Map<String, String> held() {
    Map<String, WorkerState.Held> active = new LinkedHashMap<>();
    Map<String, String> held = new LinkedHashMap<>();
    long bytes = 0;
    for (WorkerState state : states.values()) {
      if (state.active() != null) {
        active.put(state.worker(), state.active());
        held.put(state.worker(), state.active().checksum());
        bytes += 3L * state.worker().length() + state.active().checksum().length() + 8;
      }
    }
    if (bytes > MOST_HELD_BYTES) {
      held.clear();
    }
    told = held.isEmpty() ? Map.of() : active;
    if (position().isEmpty()) {
      beginSnapshot();
    }
    return held;
  }

  private void beginSnapshot() {
    inSnapshot = true;
    differencesOnly = !told.isEmpty();
    named.clear();
    gone.clear();
    stale.clear();
  }

  @Override
  public void onSubscribed() {
    reporter.start();
    lastProblem = "";
    note(true, "");
    event(AgentEvent.of(AgentEvent.Kind.CONNECTED));
  }

  @Override
  public void onDisconnected(String reason, Duration retryIn) {
    note(false, reason);
    long now = System.nanoTime();
    if (reason.equals(lastProblem) && now - lastProblemAt < TOLD_AGAIN.toNanos()) {
      return;
    }
    lastProblem = reason;
    lastProblemAt = now;
    event(
        AgentEvent.of(
            AgentEvent.Kind.DISCONNECTED,
            "%s; trying again in %.1f s".formatted(reason, retryIn.toMillis() / 1000.0)));
  }

  @Override
  public void onResync(String reason, boolean sameLog) throws IOException, InterruptedException {
    if (!sameLog) {
      requireFollowing(reason);
      newLog = true;
    }
    positionLock.lockInterruptibly();
    try {
      positionHolds = false;
      syncedRevision = -1;
    } finally {
      positionLock.unlock();
    }
    // What is under way may belong to another log; the snapshot says all anew.
    tasks.clear();
    generation = ++highestGeneration;
    beginSnapshot();
    told.forEach(
        (worker, held) -> {
          WorkerState state = states.get(worker);
          if (state == null || !held.same(state.active())) {
            stale.put(worker, held);
          }
        });
    event(AgentEvent.of(AgentEvent.Kind.RESYNC, reason));
  }

  private void requireFollowing(String reason) throws NewLogException {
    boolean any = states.values().stream().anyMatch(state -> state.active() != null);
    if (settings.newLog() == NewLog.STOP && any) {
      throw new NewLogException(reason);
    }
  }

  @Override
  public boolean onUpdate(Update update) throws IOException {
    heardRevision = Math.max(heardRevision, inSnapshot ? 0 : update.revision());
    if (update.kind() == Update.Kind.UNKNOWN || !acceptable(update)) {
      return true;
    }
    String worker = update.worker();
    if (inSnapshot) {
      named.add(worker);
    }
    WorkerState state = states.get(worker);
    if (!inSnapshot
        && state != null
        && state.generation() == generation
        && update.revision() <= state.revision()) {
      // It came before the last process ended.
      return true;
    }
    switch (update.kind()) {
      case PUBLISHED, ROLLED_BACK -> {
        gone.remove(worker);
        withheld.drop(worker);
        aim(update, AgentTask.Switch.to(update));
      }
      case DELETED -> deleted(update);
      case UNKNOWN -> throw new IllegalStateException();
    }
    return true;
  }

  private void deleted(Update update) throws IOException {
    String worker = update.worker();
    boolean last = update.latest().isEmpty();
    if (inSnapshot) {
      gone.put(worker, update.revision());
      return;
    }
    if ((last && update.version().equals(desired.get(worker)))) {
      aim(update, new AgentTask.Removal());
      desired.remove(worker);
      return;
    }
    if (!last) {
      withheld.drop(worker);
      aim(update, AgentTask.Switch.to(update.latest()));
    }
    add(worker, task -> task.drop(update.version(), update.revision(), generation));
  }

  private void aim(Update update, AgentTask.Target target) {
    desired.put(update.worker(), target.version());
    add(update.worker(), task -> task.aim(target, update.revision(), generation));
  }

  private void add(String worker, Consumer<AgentTask> change) {
    tasks.add(worker, inSnapshot ? null : position(), change);
  }

  /** Names that lead out of the directory, or into the agent's own corner, go no further. */
  private boolean acceptable(Update update) {
    try {
      requireNormal("the worker's name", update.worker());
      // A worker that the log has never had is deleted without a version.
      if (update.kind() != Update.Kind.DELETED || !update.version().isEmpty()) {
        requireNormal("the version's name", update.version());
      }
      if (!update.latest().isEmpty()) {
        requireNormal("the version's name", update.latest());
      }
    } catch (InvalidNameException e) {
      if (update.kind() != Update.Kind.DELETED) {
        refused(update, "invalid_name", e.getMessage());
      }
      return false;
    }
    if (!update.worker().equalsIgnoreCase(AgentDirectory.RESERVED)) {
      return true;
    }
    if (update.kind() != Update.Kind.DELETED) {
      refused(
          update, "reserved_name", "an agent keeps its own files under " + AgentDirectory.RESERVED);
    }
    return false;
  }

  private static void requireNormal(String field, String name) {
    if (!Names.checked(field, name).equals(name)) {
      throw new InvalidNameException(
          field + " is not in Unicode's normal form C, in which servers keep names");
    }
  }

  private void refused(Update update, String code, String message) {
    WorkerState.Rejection rejection =
        new WorkerState.Rejection(
            update.version(), update.checksum(), update.revision(), generation, code, message);
    reports.rejected(update.worker(), rejection);
    event(AgentEvent.rejected(update.worker(), rejection));
  }

  @Override
  public void onSynced(long revision, String log) throws IOException, InterruptedException {
    if (inSnapshot) {
      for (Map.Entry<String, WorkerState> entry : states.entrySet()) {
        if (!named.contains(entry.getKey())) {
          unnamed(entry.getKey(), entry.getValue(), revision);
        }
      }
      decide(revision, log);
      inSnapshot = false;
      newLog = false;
      named.clear();
      gone.clear();
      stale.clear();
    }
    heardRevision = revision;
    note(true, "");
    positionLock.lock();
    try {
      syncedRevision = revision;
    } finally {
      positionLock.unlock();
    }
    synced();
  }

  /** Carries out the snapshot's deletions, or withholds them. */
  private void decide(long revision, String log) throws IOException {
    boolean another = newLog || isAnother(revision, log);
    if (another) {
      requireFollowing("its id is another, or it went back");
    }
    Set<String> active = new HashSet<>();
    for (WorkerState state : states.values()) {
      if (state.active() != null && !withheld.contains(state.worker())) {
        active.add(state.worker());
      }
    }
    List<String> fresh = gone.keySet().stream().filter(active::contains).sorted().toList();
    Withheld.Reason reason = null;
    if (another && settings.newLog() == NewLog.KEEP) {
      reason = Withheld.Reason.NEW_LOG;
    } else if (WithheldDeletions.tooMany(fresh.size(), active.size(), settings.maxDelete())) {
      reason = Withheld.Reason.MAX_DELETE;
    }
    List<Withheld> more = new ArrayList<>();
    if (reason != null) {
      for (String worker : fresh) {
        more.add(Withheld.now(worker, states.get(worker).active().version(), reason));
      }
    }
    withheld.follow(log.isEmpty() ? withheld.log() : log, more);
    Set<String> confirmed = new HashSet<>();
    Set<String> kept = new HashSet<>();
    for (Withheld one : withheld.list()) {
      (one.confirmed() ? confirmed : kept).add(one.worker());
    }
    for (Map.Entry<String, Long> one : gone.entrySet()) {
      if (!kept.contains(one.getKey()) || confirmed.contains(one.getKey())) {
        desired.remove(one.getKey());
        add(one.getKey(), task -> task.aim(new AgentTask.Removal(), one.getValue(), generation));
      }
    }
    if (!more.isEmpty()) {
      more.forEach(one -> event(AgentEvent.withheld(one)));
      // Told to the server as well, with the workers that it knows.
      states.values().forEach(this::reportAgain);
    }
  }

  /** Whether a log that a snapshot came from, without RESYNC, is not the one followed before. */
  private boolean isAnother(long revision, String log) {
    if (revision < heardRevision) {
      return true;
    }
    if (log.isEmpty()) {
      return false;
    }
    // An agent that begins has followed none, and has nothing that could be deleted.
    return withheld.log().isEmpty() ? !told.isEmpty() : !log.equals(withheld.log());
  }

  @Override
  public void onBookmark(long revision) {
    heardRevision = Math.max(heardRevision, revision);
    note(true, "");
  }

  /**
   * What the snapshot has not named is as the server was told, or else gone; or it is left out, for
   * it was rejected here.
   */
  private void unnamed(String worker, WorkerState state, long revision) throws IOException {
    WorkerState.Rejection refused = state.rejection();
    boolean leftOut = refused != null && refused.version().equals(desired.get(worker));
    WorkerState.Held compared = stale.getOrDefault(worker, state.active());
    if (!differencesOnly || compared == null) {
      if (!leftOut) {
        gone.put(worker, revision);
      }
      return;
    }
    withheld.drop(worker);
    if (!leftOut) {
      desired.put(worker, compared.version());
    }
    if (stale.containsKey(worker)) {
      add(worker, task -> task.aim(AgentTask.Switch.to(compared), revision, generation));
    }
  }

  @Override
  public void onPosition(String resumeToken) {
    positionLock.lock();
    try {
      position = resumeToken;
      positionHolds |= !inSnapshot;
    } finally {
      positionLock.unlock();
    }
    savePosition();
  }

  // Both.

  private String position() {
    positionLock.lock();
    try {
      return position;
    } finally {
      positionLock.unlock();
    }
  }

  /** Tells once that a snapshot has been dealt with. */
  private void synced() {
    long revision;
    positionLock.lock();
    try {
      if (syncedRevision < 0 || !tasks.allTried()) {
        return;
      }
      revision = syncedRevision;
      syncedRevision = -1;
    } finally {
      positionLock.unlock();
    }
    int left = tasks.size();
    event(
        new AgentEvent(
            AgentEvent.Kind.SYNCED,
            "",
            "",
            revision,
            "",
            Stream.of(left == 0 ? "" : "not yet done: " + left, withheld.message())
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining("; "))));
  }

  /** Makes durable how far everything is dealt with. */
  private void savePosition() {
    positionLock.lock();
    try {
      String settled = positionHolds ? tasks.settled(position) : null;
      if (settled == null || settled.isEmpty() || settled.equals(saved)) {
        return;
      }
      directory.save(
          new AgentDirectory.Position(
              settled, settings.consumerId(), settings.workers(), generation, heardRevision));
      saved = settled;
      positionTrouble = "";
    } catch (ClosedByInterruptException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // An older position is as good; it only costs more when the agent starts again.
      if (!AgentDirectory.problem(e).equals(positionTrouble)) {
        positionTrouble = AgentDirectory.problem(e);
        event(new AgentEvent(AgentEvent.Kind.WAITING, "", "", 0, "disk", positionTrouble));
      }
    } finally {
      positionLock.unlock();
    }
  }

  private void event(AgentEvent event) {
    events.accept(event);
  }

  /** Notes for {@link Agent#status} how the agent fares; nothing depends on it. */
  private void note(boolean connected, String problem) {
    if (connected) {
      heard = Instant.now().toString();
    }
    try {
      directory.note(new AgentStatus.Live(connected, heard, problem, heardRevision));
    } catch (IOException e) {
      // A disk that takes nothing is told of where it matters.
      return;
    }
  }

  // Confirmations.

  private void awaitConfirmations() {
    try {
      while (true) {
        Thread.sleep(CONFIRMATIONS);
        if (withheld.list().isEmpty()) {
          continue;
        }
        try {
          takeConfirmations().forEach(one -> removeConfirmed(one.worker()));
        } catch (ClosedByInterruptException e) {
          return;
        } catch (IOException e) {
          event(
              new AgentEvent(
                  AgentEvent.Kind.WAITING, "", "", 0, "disk", AgentDirectory.problem(e)));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Withheld> takeConfirmations() throws IOException {
    Set<String> workers = new HashSet<>(directory.confirmed());
    if (workers.isEmpty()) {
      return List.of();
    }
    List<Withheld> confirmed = withheld.confirm(one -> workers.contains(one.worker()));
    directory.forgetConfirmed();
    return confirmed;
  }

  private void removeConfirmed(String worker) {
    tasks.add(
        worker, position(), task -> task.aim(new AgentTask.Removal(), heardRevision, generation));
  }

  private void unreported(StatusReport report, String reason) {
    event(
        new AgentEvent(
            AgentEvent.Kind.UNREPORTED,
            report.getWorkerName(),
            report.getVersion(),
            report.getRevision(),
            "",
            reason));
  }

  // Working.

  private void work(Thread listening) {
    try {
      while (true) {
        AgentTask task = tasks.take();
        work.attempt(task);
        savePosition();
        synced();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      // A bug, here or in a callback: an agent that only listens must not look like one that works.
      broken = e;
      listening.interrupt();
    }
  }
}
