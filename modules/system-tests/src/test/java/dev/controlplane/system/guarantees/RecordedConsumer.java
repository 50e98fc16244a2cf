package dev.controlplane.system.guarantees;

import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.Delivery;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.WorkerUpdate;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.history.Event.Closed;
import dev.controlplane.system.history.Event.Opened;
import dev.controlplane.system.history.Event.Received;
import dev.controlplane.system.history.Event.Subscribed;
import dev.controlplane.system.history.Kind;
import dev.controlplane.system.history.Recorder;
import dev.controlplane.system.history.Request;
import dev.controlplane.system.history.Request.Holding;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A consumer that keeps one stream open for as long as it lives, notes all that it is told, and is
 * as unsteady as its random numbers have it: it stands still, leaves, comes back with a token of
 * before, with a broken one, or with what it holds. Its callbacks and timers take turns.
 */
final class RecordedConsumer {
  /** How a consumer starts that has no token. */
  enum Start {
    NOW,
    SNAPSHOT,
    HELD
  }

  /** One in so many messages makes it leave, or stand still. */
  private static final int STEADINESS = 60;

  private static final int REMEMBERED = 40;
  private static final int STILL_MILLIS = 1_500;
  private static final int AWAY_MILLIS = 300;

  /**
   * What it can go on after.
   *
   * @param held what it said it held when this began; counts while the snapshot is not complete
   */
  private record Mark(String token, long revision, boolean inSnapshot, Map<String, Holding> held) {}

  private final String id;
  private final Start start;
  private final Request wish;
  private final Recorder recorder;
  private final List<ManagedChannel> channels;
  private final ScheduledExecutorService timer;
  private final Random random;

  private final Map<String, Holding> holds = new HashMap<>();
  private final List<Mark> marks = new ArrayList<>();
  private Map<String, Holding> heldAtStart = Map.of();
  private boolean inSnapshot;
  private long told = -1;
  private boolean steady;
  private boolean closed;
  private Attempt current;

  /**
   * A consumer without a stream.
   *
   * @param wish what it wants of every stream; how it starts is said apart
   */
  RecordedConsumer(
      String id,
      Start start,
      Request wish,
      Recorder recorder,
      List<ManagedChannel> channels,
      ScheduledExecutorService timer,
      long seed) {
    this.id = id;
    this.start = start;
    this.wish = wish;
    this.recorder = recorder;
    this.channels = channels;
    this.timer = timer;
    this.random = new Random(seed);
  }

  /** One stream, as long as it is the consumer's. */
  private final class Attempt extends ClientCall.Listener<WorkerUpdate> {
    private final int stream = recorder.nextStream();
    private final Request request;
    private final ClientCall<SubscribeRequest, WorkerUpdate> call;
    private boolean subscribed;
    private boolean standsStill;

    Attempt(Request request) {
      this.request = request;
      ManagedChannel channel = channels.get(random.nextInt(channels.size()));
      // It waits between its own attempts; the channel need not wait too.
      channel.resetConnectBackoff();
      call =
          channel.newCall(ControlPlaneGrpc.getSubscribeWorkerUpdatesMethod(), CallOptions.DEFAULT);
    }

    void begin() {
      recorder.record(at -> new Opened(at, stream, id, request));
      call.start(this, new Metadata());
      if (current != this) {
        // It has ended within the call already: nobody could be reached.
        return;
      }
      call.request(1);
      call.sendMessage(onWire(request));
      call.halfClose();
    }

    @Override
    public void onHeaders(Metadata headers) {
      synchronized (RecordedConsumer.this) {
        if (current == this) {
          subscribed = true;
          recorder.record(at -> new Subscribed(at, stream));
        }
      }
    }

    @Override
    public void onMessage(WorkerUpdate message) {
      synchronized (RecordedConsumer.this) {
        if (current != this) {
          return;
        }
        recorder.record(at -> received(at, stream, message));
        take(message);
        if (steady || random.nextInt(STEADINESS) > 0) {
          call.request(1);
        } else if (random.nextBoolean()) {
          leave("LEFT", "");
          later(RecordedConsumer.this::open, random.nextInt(AWAY_MILLIS));
        } else {
          standsStill = true;
          later(this::goOn, random.nextInt(STILL_MILLIS));
        }
      }
    }

    private void goOn() {
      synchronized (RecordedConsumer.this) {
        if (standsStill) {
          standsStill = false;
          call.request(1);
        }
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      synchronized (RecordedConsumer.this) {
        if (current == this) {
          leave(status.getCode().name(), String.valueOf(status.getDescription()));
          later(RecordedConsumer.this::open, 20 + random.nextInt(AWAY_MILLIS));
        }
      }
    }
  }

  private SubscribeRequest onWire(Request request) {
    SubscribeRequest.Builder message =
        SubscribeRequest.newBuilder()
            .setConsumerId(id)
            .addAllWorkerNames(request.workers())
            .setResumeToken(request.token())
            .setSnapshot(request.snapshot())
            .setDelivery(request.latest() ? Delivery.LATEST : Delivery.ALL)
            .setBookmarks(request.bookmarks());
    request.held().forEach((worker, held) -> message.putHeld(worker, held.checksum()));
    return message.build();
  }

  private static Received received(long at, int stream, WorkerUpdate message) {
    byte[] code = message.getWorkerCode().toByteArray();
    return new Received(
        at,
        stream,
        Kind.valueOf(message.getKind().name()),
        message.getRevision(),
        message.getWorkerName(),
        message.getVersion(),
        message.getChecksum(),
        message.getSize(),
        message.getTimestamp(),
        message.getFilePath(),
        code.length,
        code.length == 0 ? "" : Cluster.sha256(code),
        message.getMessage(),
        message.getResumeToken());
  }

  /** Opens a stream, if it has none and lives. */
  synchronized void open() {
    if (current == null && !closed) {
      current = new Attempt(nextRequest());
      current.begin();
    }
  }

  /** Leaves its stream, if it has one, until {@link #open}. */
  synchronized void pause() {
    leave("LEFT", "");
  }

  /** Up to where it was told everything; -1 if it can't know it. */
  synchronized long told() {
    return told;
  }

  /** From now on it reads all that comes, and goes on where it was. */
  synchronized void steady() {
    steady = true;
    if (current != null) {
      current.goOn();
    }
  }

  /** Leaves for good. */
  synchronized void close() {
    leave("LEFT", "");
    closed = true;
  }

  /** Whether its stream is open. */
  synchronized boolean subscribed() {
    return current != null && current.subscribed;
  }

  /** Whether its stream is open and has told it of a revision, or of a later one. */
  synchronized boolean told(long revision) {
    return subscribed() && !inSnapshot && told >= revision;
  }

  boolean wants(String worker) {
    return wish.workers().isEmpty() || wish.workers().contains(worker);
  }

  @Override
  public synchronized String toString() {
    return "%s (told %d%s, %s)"
        .formatted(
            id,
            told,
            inSnapshot ? ", in a snapshot" : "",
            current == null
                ? "without a stream"
                : "stream " + current.stream + (current.subscribed ? "" : ", not open"));
  }

  private void leave(String status, String description) {
    if (current != null) {
      Attempt left = current;
      current = null;
      recorder.record(at -> new Closed(at, left.stream, status, description));
      left.call.cancel("the consumer leaves", null);
    }
  }

  private void later(Runnable task, int millis) {
    if (!closed) {
      var _ = timer.schedule(task, millis, TimeUnit.MILLISECONDS);
    }
  }

  private Request nextRequest() {
    int dice = steady ? 0 : random.nextInt(100);
    if (marks.isEmpty() || dice >= 85) {
      return anew();
    }
    if (dice >= 77) {
      return resume(broken(marks.getLast().token()));
    }
    if (dice >= 65) {
      marks.subList(1 + random.nextInt(marks.size()), marks.size()).clear();
    }
    Mark mark = marks.getLast();
    inSnapshot = mark.inSnapshot();
    heldAtStart = mark.held();
    told = mark.inSnapshot() ? -1 : mark.revision();
    return mark.inSnapshot()
        ? request(mark.token(), mark.held().isEmpty(), mark.held())
        : resume(mark.token());
  }

  /** Starts as if nothing had been. */
  private Request anew() {
    marks.clear();
    told = -1;
    Request request =
        request(
            "",
            start == Start.SNAPSHOT || (start == Start.HELD && holds.isEmpty()),
            start == Start.HELD ? Map.copyOf(holds) : Map.of());
    heldAtStart = request.held();
    inSnapshot = start != Start.NOW;
    return request;
  }

  /** Goes on, and says what else would do. */
  private Request resume(String token) {
    return request(
        token, random.nextBoolean(), random.nextInt(3) == 0 ? Map.copyOf(holds) : Map.of());
  }

  private Request request(String token, boolean snapshot, Map<String, Holding> held) {
    return new Request(wish.workers(), token, snapshot, held, wish.latest(), wish.bookmarks());
  }

  private String broken(String token) {
    int at = random.nextInt(token.length());
    char other = token.charAt(at) == 'A' ? 'B' : 'A';
    return token.substring(0, at) + other + token.substring(at + 1);
  }

  /** Applies a message as docs/guarantees.md tells clients to, and remembers its token. */
  private void take(WorkerUpdate message) {
    String worker = message.getWorkerName();
    switch (message.getKind()) {
      case PUBLISHED, ROLLED_BACK ->
          holds.put(worker, new Holding(message.getVersion(), message.getChecksum()));
      // Of what is the latest instead it has no bytes: it does not hold it.
      case DELETED ->
          holds.computeIfPresent(
              worker,
              (name, held) ->
                  message.getVersion().isEmpty() || held.version().equals(message.getVersion())
                      ? null
                      : held);
      case RESYNC -> {
        marks.clear();
        inSnapshot = true;
        heldAtStart = current.request.held();
        if (heldAtStart.isEmpty()) {
          holds.clear();
        }
      }
      case SYNCED -> inSnapshot = false;
      default -> {}
    }
    if (!inSnapshot) {
      told = message.getRevision();
    }
    if (!message.getResumeToken().isEmpty()) {
      marks.add(new Mark(message.getResumeToken(), message.getRevision(), inSnapshot, heldAtStart));
      if (marks.size() > REMEMBERED) {
        marks.removeFirst();
      }
    }
  }
}
