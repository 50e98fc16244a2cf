package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.frames.FrameLimits;
import dev.controlplane.transport.grpc.GrpcStreams;
import dev.controlplane.transport.http2.StreamBound;
import dev.controlplane.transport.http2.connection.HttpStreams;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StreamBoundTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final int CANCEL = 8;

  @Test
  void oneCallMoreThanAllConnectionsMayHaveIsRefusedAndGetsThroughWhenAnotherHasEnded()
      throws Exception {
    StreamBound calls = new StreamBound("GRPC_MAX_CALLS", 2);
    try (Lab lab = Lab.guarded(GrpcStreams.Settings.defaults(), calls);
        RawClient first = RawClient.to(lab.port());
        RawClient second = RawClient.to(lab.port())) {
      // Begun and not continued.
      first.headers(1, "/lab.Lab/Chat", false);
      second.call(1, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(1);
      awaitOpen(calls, 2);

      second.call(3, "/lab.Lab/Echo", "x");
      String answer =
          HeaderText.of(
              second.await("the end of 3", f -> f.streamId() == 3 && f.endStream()).payload());
      assertTrue(answer.contains("grpc-status: 8"), answer);
      assertTrue(
          answer.contains("2 calls are open, as many as GRPC_MAX_CALLS allows; try again"), answer);
      assertEquals(1, calls.refused());

      first.reset(1, CANCEL);
      awaitOpen(calls, 1);
      second.call(5, "/lab.Lab/Echo", "x");
      assertEquals(6, second.awaitData(5).payload().length);
      lab.broadcast("still there");
      assertEquals(5 + 11, second.awaitData(1).payload().length);
    }
  }

  /** How a call can end. */
  @SuppressWarnings("ImmutableEnumChecker") // what a client does has no state
  enum End {
    ANSWERED(client -> client.call(1, "/lab.Lab/Echo", "x")),
    FAILED(client -> client.call(1, "/lab.Lab/Throw", "x")),
    UNKNOWN(client -> client.call(1, "/lab.Lab/Nothing", "x")),
    NOT_GRPC(client -> client.get(1, "/")),
    NOT_GRPC_AND_NOT_ENDED(client -> client.post(1, "/")),
    MORE_THAN_THE_WINDOW(
        client -> {
          try {
            client.call(1, "/lab.Lab/Echo", "x".repeat(5 << 20));
          } catch (UncheckedIOException e) {
            // The server has cut the connection before it took all of this.
          }
        }),
    OVERDUE(client -> client.headers(1, "/lab.Lab/Chat", "grpc-timeout", "1m")),
    RESET(
        client -> {
          client.headers(1, "/lab.Lab/Chat", false);
          client.reset(1, CANCEL);
        }),
    WRONG_FRAME(
        client -> {
          client.headers(1, "/lab.Lab/Chat", false);
          client.windowUpdate(1, 0);
        }),
    CONNECTION_LOST(
        client -> {
          client.headers(1, "/lab.Lab/Chat", false);
          client.call(3, "/lab.Lab/Subscribe", "");
          client.abort();
        });

    private final Consumer<RawClient> how;

    End(Consumer<RawClient> how) {
      this.how = how;
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyEndOfACallGivesItsPlaceBack(End end) {
    // Room for all, in whatever order the server comes to them.
    StreamBound calls = new StreamBound("GRPC_MAX_CALLS", 4);
    try (Lab lab = Lab.guarded(GrpcStreams.Settings.defaults(), calls);
        RawClient other = RawClient.to(lab.port());
        RawClient client = RawClient.to(lab.port())) {
      other.call(1, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(1);
      end.how.accept(client);
      other.call(3, "/lab.Lab/Subscribe", "");
      Await.until(
          "subscriptions alone", LONG, () -> calls.open() == 2 && lab.subscriptions.size() == 2);
    }
    awaitOpen(calls, 0);
  }

  @Test
  void oneRequestMoreThanAllConnectionsMayHaveIsAnswered503AndTheOthersGoOn() throws Exception {
    StreamBound requests = new StreamBound("MAX_HTTP2_REQUESTS", 2);
    WebServer server =
        WebServer.builder()
            .host("127.0.0.1")
            .port(0)
            .shutdownHook(false)
            .protocolsDiscoverServices(false)
            .addConnectionSelector(HttpStreams.selector(LONG, LONG, FrameLimits.DEFAULTS, requests))
            .routing(
                HttpRouting.builder()
                    .get("/large", (_, response) -> response.send(new byte[200_000]))
                    .get("/small", (_, response) -> response.send("small")))
            .build()
            .start();
    try (RawClient first = RawClient.to(server.port());
        RawClient second = RawClient.to(server.port())) {
      first.get(1, "/large");
      second.get(1, "/large");
      awaitOpen(requests, 2);

      second.get(3, "/small");
      String head = HeaderText.of(second.await("a head", f -> f.streamId() == 3).payload());
      assertTrue(head.contains("status=503"), head);
      assertTrue(head.contains("Retry-After: 1"), head);
      first.windowUpdate(0, 1 << 20);
      first.windowUpdate(1, 1 << 20);
      first.await("the end of 1", f -> f.streamId() == 1 && f.endStream());
      awaitOpen(requests, 1);
      first.get(3, "/small");
      assertEquals("small", new String(first.awaitData(3).payload(), StandardCharsets.UTF_8));
      second.windowUpdate(0, 1 << 20);
      String body = new String(second.awaitData(3).payload(), StandardCharsets.UTF_8);
      assertTrue(
          body.startsWith("{\"error\":\"too_many_requests\"")
              && body.contains("2 requests are being answered")
              && body.contains("MAX_HTTP2_REQUESTS"),
          body);
      second.windowUpdate(1, 1 << 20);
      second.await("the end of 1", f -> f.streamId() == 1 && f.endStream());
    } finally {
      server.stop();
    }
    awaitOpen(requests, 0);
  }

  private static void awaitOpen(StreamBound bound, long open) {
    Await.until(open + " open, not " + bound.open(), LONG, () -> bound.open() == open);
  }
}
