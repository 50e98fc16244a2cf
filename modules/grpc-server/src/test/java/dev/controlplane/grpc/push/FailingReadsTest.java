package dev.controlplane.grpc.push;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.grpc.Blobs;
import dev.controlplane.grpc.MemoryLog;
import dev.controlplane.grpc.log.EncodedMessage;
import dev.controlplane.grpc.log.ResumeToken;
import dev.controlplane.grpc.log.UpdateEncoder;
import dev.controlplane.grpc.log.UpdateLog;
import dev.controlplane.grpc.reports.SentTimes;
import dev.controlplane.proto.Delivery;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import dev.controlplane.server.EventLog;
import dev.controlplane.server.settings.Settings;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.service.registry.Services;
import java.io.OutputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each read of the catalog fails, one after the other, in every mode; what the client has received
 * in the end is compared, message by message, with what it receives when nothing fails.
 */
@Timeout(60)
class FailingReadsTest {
  private static final int WORKERS = 300;

  /** Held bytes that are those of no version. */
  private static final String OTHER = "f".repeat(Digest.HEX_LENGTH);

  private final EventLog events =
      new EventLog("test", OutputStream.nullOutputStream(), Clock.systemUTC());
  private final MemoryLog catalog = new MemoryLog();
  private final PushServices services =
      new PushServices(
          PushSettings.from(Settings.load(Map.of())),
          null,
          null,
          new SentTimes(),
          new PushMetrics(Services.get(MeterRegistry.class)),
          events);

  private final long head;

  FailingReadsTest() {
    for (int i = 0; i < WORKERS; i++) {
      catalog.append(name(i));
    }
    for (int i = 0; i < WORKERS; i += 7) {
      catalog.delete(name(i));
    }
    for (int i = 0; i < WORKERS; i += 5) {
      catalog.append(name(i));
    }
    head = catalog.head();
  }

  private static String name(int i) {
    return "worker-%03d".formatted(i);
  }

  /** A name of the mode, and what the client asks for. */
  private record Mode(String name, SubscribeRequest.Builder request) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static SubscribeRequest.Builder request() {
    return SubscribeRequest.newBuilder().setConsumerId("c");
  }

  private static SubscribeRequest.Builder named(SubscribeRequest.Builder request) {
    for (int i = WORKERS + 50; i > 20; i--) {
      request.addWorkerNames(name(i));
    }
    return request;
  }

  private static SubscribeRequest.Builder held(SubscribeRequest.Builder request) {
    for (int i = 0; i < WORKERS + 40; i += 3) {
      request.putHeld(name(i), i % 2 == 0 ? MemoryLog.DIGEST.hex() : OTHER);
    }
    return request;
  }

  private String token(long revision) {
    return newLog().checkedToken(revision).encoded();
  }

  private String inside(boolean whole, int worker) {
    return newLog()
        .checkedToken(catalog.head())
        .startOfSnapshot(whole)
        .inSnapshot(name(worker))
        .encoded();
  }

  static Stream<String> modes() {
    return Stream.of(
        "all",
        "named",
        "held",
        "held, named",
        "resumed in a snapshot",
        "resumed in a snapshot, held, named",
        "resumed in a whole snapshot, held",
        "resumed in the log",
        "resumed in the log, named",
        "latest, resumed in the log",
        "a token of another log, held",
        "a token below the cut, named");
  }

  private Mode mode(String name) {
    SubscribeRequest.Builder request =
        switch (name) {
          case "all" -> request().setSnapshot(true);
          case "named" -> named(request()).setSnapshot(true);
          case "held" -> held(request());
          case "held, named" -> named(held(request()));
          case "resumed in a snapshot" -> request().setResumeToken(inside(false, 140));
          case "resumed in a snapshot, held, named" ->
              named(held(request())).setResumeToken(inside(false, 30));
          case "resumed in a whole snapshot, held" ->
              held(request()).setResumeToken(inside(true, 140));
          case "resumed in the log" -> request().setResumeToken(token(100));
          case "resumed in the log, named" -> named(request()).setResumeToken(token(100));
          case "latest, resumed in the log" ->
              request().setResumeToken(token(380)).setDelivery(Delivery.LATEST);
          case "a token of another log, held" -> held(request()).setResumeToken("garbage");
          case "a token below the cut, named" -> {
            String token = token(20);
            catalog.compact(50);
            yield named(request()).setResumeToken(token);
          }
          default -> throw new IllegalArgumentException(name);
        };
    return new Mode(name, request);
  }

  private UpdateLog newLog() {
    UpdateEncoder encoder = new UpdateEncoder(new Blobs(0), 0, false, events);
    return new UpdateLog(
        catalog, encoder, new UpdateLog.Limits(16, 1 << 16, 4, 1 << 20), catalog.log());
  }

  @ParameterizedTest
  @MethodSource("modes")
  void whicheverReadFailsTheClientReceivesTheSame(String name) throws Exception {
    Mode mode = mode(name);
    List<String> expected = receive(mode, 0, Integer.MAX_VALUE);
    assertTrue(expected.size() > 1, "the mode sends something");
    long reads = catalog.calls();
    assertTrue(reads > 3, "the mode reads");
    for (long failing = 1; failing <= reads; failing++) {
      assertEquals(
          expected,
          receive(mode, failing, expected.size()),
          "%s: read %d of %d failed".formatted(mode, failing, reads));
    }
  }

  /** What a client receives that comes back with its last token whenever its stream ends. */
  private List<String> receive(Mode mode, long failing, int count) throws Exception {
    UpdateLog log = newLog();
    List<String> received = new ArrayList<>();
    SubscribeRequest.Builder request = mode.request().clone();
    catalog.fail(failing);
    boolean over = false;
    while (!over) {
      SubscribeOptions options = SubscribeOptions.of(request.build(), 1000, 1000);
      Subscription subscription = new Subscription(options, log, log, 10, 1_000_000);
      UpdateFeed feed =
          new UpdateFeed(
              options,
              options.held(request.build()),
              subscription,
              log,
              message -> {
                WorkerUpdate update = parsed(message);
                request.setResumeToken(update.getResumeToken());
                received.add(told(update));
                if (isLast(update) || received.size() == count) {
                  subscription.end(SubscriptionEnd.GONE);
                }
              },
              services);
      try {
        feed.start();
        feed.run();
        over = true;
      } catch (CatalogException e) {
        // The stream ends with UNAVAILABLE.
      }
    }
    return received;
  }

  private boolean isLast(WorkerUpdate update) {
    return update.getKind() == UpdateKind.SYNCED
        || (update.getRevision() == head
            && ResumeToken.decoded(update.getResumeToken()).orElseThrow().snapshotAfter() == null);
  }

  private static String told(WorkerUpdate update) {
    return "%s %s %s @%d"
        .formatted(
            update.getKind(), update.getWorkerName(), update.getVersion(), update.getRevision());
  }

  private static WorkerUpdate parsed(EncodedMessage message) {
    try {
      return WorkerUpdate.parseFrom(message.bytes());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
