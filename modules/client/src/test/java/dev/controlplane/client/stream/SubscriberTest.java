package dev.controlplane.client.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.controlplane.client.Fixtures;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.UnexpectedAnswerException;
import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.Delivery;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that ends streams in ways a real one can't be asked to. */
@Timeout(30)
class SubscriberTest {
  private static final Subscription ALL = new Subscription("me", List.of());

  private final List<String> events = new ArrayList<>();
  private Server server;

  private Subscriber subscriber(
      BiConsumer<SubscribeRequest, ServerCallStreamObserver<WorkerUpdate>> behaviour)
      throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(
                new ControlPlaneGrpc.ControlPlaneImplBase() {
                  @Override
                  public void subscribeWorkerUpdates(
                      SubscribeRequest request, StreamObserver<WorkerUpdate> observer) {
                    behaviour.accept(request, (ServerCallStreamObserver<WorkerUpdate>) observer);
                  }
                })
            .build()
            .start();
    return new Subscriber(Fixtures.channels(server.getPort()), Fixtures.QUICK, false);
  }

  @AfterEach
  void stopServer() {
    if (server != null) {
      server.shutdownNow();
    }
  }

  private static WorkerUpdate update(long revision) {
    return WorkerUpdate.newBuilder()
        .setRevision(revision)
        .setKind(UpdateKind.ROLLED_BACK)
        .setWorkerName("w")
        .setVersion("v")
        .setSize(3)
        .setWorkerCode(ByteString.copyFromUtf8("abc"))
        .setTimestamp(12)
        .build();
  }

  /** Writes down what happens until it has seen so many updates. */
  private SubscriptionListener recorder(int updates) {
    return new SubscriptionListener() {
      private int seen;

      @Override
      public void onSubscribed() {
        events.add("subscribed");
      }

      @Override
      public boolean onUpdate(Update update) {
        events.add("update " + update.revision());
        return ++seen < updates;
      }

      @Override
      public void onDisconnected(String reason, Duration retryIn) {
        events.add("disconnected: " + reason);
      }

      @Override
      public void onSynced(long revision) {
        events.add("synced " + revision);
      }

      @Override
      public void onBookmark(long revision) {
        events.add("bookmark " + revision);
      }

      @Override
      public void onResync(String reason) {
        events.add("resync " + reason);
      }

      @Override
      public void onPosition(String resumeToken) {
        events.add("position " + resumeToken);
      }
    };
  }

  @Test
  void anUpdateArrivesAsItWasSent() throws Exception {
    BlockingQueue<Update> received = new LinkedBlockingQueue<>();
    BlockingQueue<SubscribeRequest> requests = new LinkedBlockingQueue<>();
    Subscriber subscriber =
        subscriber(
            (request, observer) -> {
              requests.add(request);
              observer.onNext(update(5));
            });
    subscriber.run(new Subscription("me", List.of("a", "b")), update -> !received.add(update));
    SubscribeRequest request = requests.take();
    assertEquals("me", request.getConsumerId());
    assertEquals(List.of("a", "b"), request.getWorkerNamesList());
    Update update = received.take();
    assertEquals(5, update.revision());
    assertEquals(Update.Kind.ROLLED_BACK, update.kind());
    assertEquals(
        "w v 3 12",
        "%s %s %d %d"
            .formatted(
                update.worker(),
                update.version(),
                update.size(),
                update.committedAt().getEpochSecond()));
    assertTrue(update.inline());
  }

  @Test
  void aStreamThatBreaksIsOpenedAgainAndTheListenerIsTold() throws Exception {
    BlockingQueue<Integer> calls = new LinkedBlockingQueue<>();
    Subscriber subscriber =
        subscriber(
            (_, observer) -> {
              calls.add(1);
              observer.onNext(update(calls.size()));
              switch (calls.size()) {
                case 1 ->
                    observer.onError(
                        Status.UNAVAILABLE.withDescription("going away").asException());
                case 2 -> observer.onCompleted();
                case 3 -> observer.onError(Status.INTERNAL.asException());
                default -> {}
              }
            });
    subscriber.run(ALL, recorder(4));
    assertEquals(
        List.of(
            "subscribed",
            "update 1",
            "disconnected: going away (UNAVAILABLE)",
            "subscribed",
            "update 2",
            "disconnected: the server ended the stream",
            "subscribed",
            "update 3",
            "disconnected: INTERNAL",
            "subscribed",
            "update 4"),
        events);
  }

  /** Answers the first, second… stream as told, and remembers what was asked. */
  private Subscriber scripted(
      BlockingQueue<SubscribeRequest> requests,
      List<Consumer<ServerCallStreamObserver<WorkerUpdate>>> script)
      throws IOException {
    AtomicInteger streams = new AtomicInteger();
    return subscriber(
        (request, observer) -> {
          requests.add(request);
          script.get(streams.getAndIncrement()).accept(observer);
        });
  }

  private static WorkerUpdate control(UpdateKind kind, long revision, String token) {
    return WorkerUpdate.newBuilder()
        .setKind(kind)
        .setRevision(revision)
        .setResumeToken(token)
        .setMessage("why")
        .build();
  }

  private static WorkerUpdate update(long revision, String token) {
    return update(revision).toBuilder().setResumeToken(token).build();
  }

  @Test
  void aStreamThatBreaksGoesOnAfterWhatWasDealtWith() throws Exception {
    BlockingQueue<SubscribeRequest> requests = new LinkedBlockingQueue<>();
    Subscriber subscriber =
        scripted(
            requests,
            List.of(
                observer -> {
                  observer.onNext(update(1, "after 1"));
                  observer.onError(Status.RESOURCE_EXHAUSTED.asException());
                },
                observer -> {
                  observer.onNext(control(UpdateKind.BOOKMARK, 4, "after 4"));
                  observer.onError(Status.UNAVAILABLE.asException());
                },
                observer -> observer.onNext(update(5, "after 5"))));
    subscriber.run(new Subscription("me", List.of()).after("kept"), recorder(2));
    assertEquals(
        List.of("kept", "after 1", "after 4"),
        requests.stream().map(SubscribeRequest::getResumeToken).toList());
    assertTrue(requests.stream().allMatch(SubscribeRequest::getBookmarks));
    assertEquals(
        List.of("update 1", "position after 1", "bookmark 4", "position after 4", "update 5"),
        events.stream()
            .filter(event -> !event.startsWith("subscribed") && !event.startsWith("disconnected"))
            .limit(5)
            .toList());
  }

  @Test
  void aSnapshotIsAskedForAndItsEndIsTold() throws Exception {
    BlockingQueue<SubscribeRequest> requests = new LinkedBlockingQueue<>();
    Subscriber subscriber =
        scripted(
            requests,
            List.of(
                observer -> {
                  observer.onNext(control(UpdateKind.RESYNC, 0, "in"));
                  observer.onNext(update(3, "in 3"));
                  observer.onNext(control(UpdateKind.SYNCED, 9, "after 9"));
                  observer.onNext(update(10, "after 10"));
                }));
    subscriber.run(
        new Subscription("me", List.of()).after("old").withSnapshot().latestOnly(), recorder(2));
    SubscribeRequest request = requests.take();
    assertEquals("old", request.getResumeToken());
    assertTrue(request.getSnapshot());
    assertEquals(Delivery.LATEST, request.getDelivery());
    assertEquals(
        List.of("subscribed", "resync why", "update 3", "synced 9", "update 10"),
        events.stream().filter(event -> !event.startsWith("position")).toList());
  }

  @Test
  void whatIsHeldIsToldToEachStream() throws Exception {
    BlockingQueue<SubscribeRequest> requests = new LinkedBlockingQueue<>();
    Subscriber subscriber =
        scripted(
            requests,
            List.of(
                observer -> observer.onError(Status.UNAVAILABLE.asException()),
                observer -> observer.onNext(update(1))));
    AtomicInteger asked = new AtomicInteger();
    subscriber.run(
        ALL,
        new SubscriptionListener() {
          @Override
          public Map<String, String> held() {
            return Map.of("w", "digest " + asked.incrementAndGet());
          }

          @Override
          public boolean onUpdate(Update update) {
            return false;
          }
        });
    assertEquals(
        List.of(Map.of("w", "digest 1"), Map.of("w", "digest 2")),
        requests.stream().map(SubscribeRequest::getHeldMap).toList());
  }

  @Test
  void aServerThatGoesAwaySaysWhenToComeBack() throws Exception {
    BlockingQueue<SubscribeRequest> requests = new LinkedBlockingQueue<>();
    Subscriber subscriber =
        scripted(
            requests,
            List.of(
                observer -> {
                  observer.onNext(
                      control(UpdateKind.GOODBYE, 0, "later").toBuilder()
                          .setRetryAfterMs(777)
                          .build());
                },
                observer -> observer.onNext(update(1))));
    List<Duration> waits = new ArrayList<>();
    subscriber.run(
        ALL,
        new SubscriptionListener() {
          @Override
          public boolean onUpdate(Update update) {
            return false;
          }

          @Override
          public void onDisconnected(String reason, Duration retryIn) {
            waits.add(retryIn);
          }
        });
    assertEquals(List.of(Duration.ofMillis(777)), waits);
    assertEquals("later", requests.stream().toList().getLast().getResumeToken());
  }

  @Test
  void aStreamThatHasFallenSilentIsOpenedAgain() throws Exception {
    BlockingQueue<SubscribeRequest> requests = new LinkedBlockingQueue<>();
    // Answers by position, not by turn: on a slow machine also a stream's beginning is silence.
    Subscriber subscriber =
        subscriber(
            (request, observer) -> {
              requests.add(request);
              observer.onNext(
                  request.getResumeToken().isEmpty() ? update(1, "after 1") : update(2, "after 2"));
            });
    subscriber.run(ALL.silence(Duration.ofSeconds(1)), recorder(2));
    assertEquals("after 1", requests.stream().toList().getLast().getResumeToken());
    assertTrue(
        events.contains("disconnected: nothing came for 1.0 s, not even a bookmark (UNAVAILABLE)"),
        events::toString);
  }

  @Test
  void aServerThatWillNeverServeThisIsNotAskedAgain() throws Exception {
    BlockingQueue<Integer> calls = new LinkedBlockingQueue<>();
    Subscriber subscriber =
        subscriber(
            (_, observer) -> {
              calls.add(1);
              observer.onError(
                  Status.INVALID_ARGUMENT.withDescription("consumer_id is odd").asException());
            });
    RefusedException refused =
        assertThrows(RefusedException.class, () -> subscriber.run(ALL, recorder(1)));
    assertEquals("consumer_id is odd", refused.getMessage());
    assertEquals("invalid_argument", refused.code());
    assertEquals(1, calls.size());
  }

  @Test
  void anotherServiceOnThatPortIsSaidToBeSo() throws Exception {
    Subscriber subscriber =
        subscriber((_, observer) -> observer.onError(Status.UNIMPLEMENTED.asException()));
    UnexpectedAnswerException failure =
        assertThrows(UnexpectedAnswerException.class, () -> subscriber.run(ALL, recorder(1)));
    assertTrue(failure.getMessage().contains("gRPC port"), failure::getMessage);
  }

  @Test
  void aServerThatIsNotThereIsTriedAgainAndAgain() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    Subscriber subscriber = new Subscriber(Fixtures.channels(port), Fixtures.QUICK, false);
    IllegalStateException enough = new IllegalStateException("enough");
    IllegalStateException thrown =
        assertThrows(
            IllegalStateException.class,
            () ->
                subscriber.run(
                    ALL,
                    new SubscriptionListener() {
                      @Override
                      public boolean onUpdate(Update update) {
                        return false;
                      }

                      @Override
                      public void onDisconnected(String reason, Duration retryIn) {
                        events.add(reason);
                        if (events.size() == 3) {
                          throw enough;
                        }
                      }
                    }));
    assertEquals(enough, thrown);
    assertEquals(List.of("connection refused (UNAVAILABLE)"), events.stream().distinct().toList());
  }

  @Test
  void aSlowListenerHoldsTheServerBack() throws Exception {
    int many = 1000;
    WorkerUpdate large =
        update(1).toBuilder().setWorkerCode(ByteString.copyFrom(new byte[64 * 1024])).build();
    CountDownLatch left = new CountDownLatch(many);
    Subscriber subscriber =
        subscriber(
            (_, observer) ->
                observer.setOnReadyHandler(
                    () -> {
                      while (observer.isReady() && left.getCount() > 0) {
                        observer.onNext(large);
                        left.countDown();
                      }
                    }));
    List<Update> seen = new ArrayList<>();
    subscriber.run(
        ALL,
        update -> {
          if (seen.isEmpty()) {
            // While the first is at work the server can't get rid of the others.
            assertFalse(left.await(2, TimeUnit.SECONDS), "all updates were taken ahead");
          }
          seen.add(update);
          return seen.size() < many;
        });
    assertEquals(0, left.getCount());
  }

  @Test
  void anInterruptEndsIt() throws Exception {
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    Subscriber subscriber =
        subscriber(
            (_, observer) -> {
              observer.setOnCancelHandler(() -> seen.add("cancelled"));
              observer.onNext(update(1));
            });
    Thread thread =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    subscriber.run(ALL, update -> seen.add("update"));
                  } catch (IOException | InterruptedException e) {
                    seen.add(e.getClass().getSimpleName());
                  }
                });
    assertEquals("update", seen.take());
    thread.interrupt();
    assertEquals(
        List.of("InterruptedException", "cancelled"),
        List.of(seen.take(), seen.take()).stream().sorted().toList());
  }

  @Test
  void anAnswerInHttp1IsToldAsAWrongPort() {
    assertEquals(
        "what answers there does not speak HTTP/2: is this the gRPC port of the grpc-server?",
        Subscriber.reason(
            Status.INTERNAL.withDescription(
                "First received frame was not SETTINGS. Hex dump for first 5 bytes: 485454502f")));
  }
}
