package dev.controlplane.transport.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.Await;
import dev.controlplane.transport.HeaderText;
import dev.controlplane.transport.RawClient;
import dev.controlplane.transport.Threads;
import dev.controlplane.transport.frames.Frames;
import dev.controlplane.transport.frames.HeaderBlocks;
import dev.controlplane.transport.http2.connection.HttpStreams;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which requests over HTTP/2 have a body, where a body is refused. */
class RequestBodiesTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final byte[] NOTHING = {};

  private WebServer server;

  private RawClient start(Duration stallLimit) {
    server =
        WebServer.builder()
            .host("127.0.0.1")
            .port(0)
            .shutdownHook(false)
            .protocolsDiscoverServices(false)
            .addConnectionSelector(HttpStreams.selector(stallLimit))
            .routing(
                HttpRouting.builder()
                    .any(
                        "/small",
                        (request, answer) -> answer.send(request.prologue().method().text())))
            .build()
            .start();
    return RawClient.to(server.port());
  }

  @AfterEach
  void stop() {
    server.stop();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "DELETE", "OPTIONS"})
  void anEmptyFrameThatEndsARequestIsNoBody(String method) throws Exception {
    try (RawClient client = start(LONG)) {
      for (int id = 1; id < 100; id += 2) {
        head(client, id, method);
        if (id % 3 == 0) {
          client.send(Frames.DATA, 0, id, NOTHING);
        }
        client.send(Frames.DATA, Frames.END_STREAM, id, NOTHING);
        assertEquals(method, text(client.awaitData(id)));
      }
    }
  }

  @Test
  void aFrameOfPaddingThatEndsARequestIsNoBody() throws Exception {
    try (RawClient client = start(LONG)) {
      head(client, 1, "GET");
      client.send(Frames.DATA, Frames.END_STREAM | Frames.PADDED, 1, new byte[] {3, 0, 0, 0});
      assertEquals("GET", text(client.awaitData(1)));
    }
  }

  @Test
  void anEmptyFrameThatEndsAHeadRequestIsNoBody() throws Exception {
    try (RawClient client = start(LONG)) {
      head(client, 1, "HEAD");
      client.send(Frames.DATA, Frames.END_STREAM, 1, NOTHING);
      RawClient.Frame answer = client.await("HEADERS", f -> f.type() == Frames.HEADERS);
      assertTrue(HeaderText.of(answer.payload()).contains("status=200"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST"})
  void aLengthOfNothingIsNoBody(String method) throws Exception {
    try (RawClient client = start(LONG)) {
      head(client, 1, method, "content-length", "0");
      client.send(Frames.DATA, Frames.END_STREAM, 1, NOTHING);
      assertEquals(method, text(client.awaitData(1)));
    }
  }

  @Test
  void trailersAloneAreNoBody() throws Exception {
    try (RawClient client = start(LONG)) {
      head(client, 1, "GET");
      ByteArrayOutputStream trailers = new ByteArrayOutputStream();
      RawClient.field(trailers, "x", "y");
      client.send(HeaderBlocks.frames(1, true, trailers.toByteArray()));
      assertEquals("GET", text(client.awaitData(1)));
    }
  }

  @Test
  void aBodyThatComesBehindAnEmptyFrameIsRefused() throws Exception {
    try (RawClient client = start(LONG)) {
      head(client, 1, "GET");
      client.send(Frames.DATA, 0, 1, NOTHING);
      client.send(Frames.DATA, 0, 1, new byte[1]);
      assertTrue(text(client.awaitData(1)).contains("\"too_large\""));
      client.awaitReset(1, Frames.NO_ERROR);
      client.get(3, "/small");
      assertEquals("GET", text(client.awaitData(3)));
    }
  }

  @Test
  void aClientThatDoesNotSayIfABodyComesIsAnsweredInTheEnd() throws Exception {
    try (RawClient client = start(Duration.ofMillis(200))) {
      head(client, 1, "GET");
      assertTrue(text(client.awaitData(1)).contains("\"too_large\""));
    }
  }

  @Test
  void whoWaitsToKnowIfABodyComesEndsWithItsClient() throws Exception {
    List<Thread> before = Threads.ofStreams();
    try (RawClient client = start(LONG)) {
      head(client, 1, "GET");
      head(client, 3, "GET");
      Await.until("two threads", LONG, () -> others(before) == 2);
      client.reset(1, Frames.CANCEL);
      Await.until("one thread", LONG, () -> others(before) == 1);
      client.get(5, "/small");
      client.awaitData(5);
      client.abort();
      Await.until("no thread", LONG, () -> others(before) == 0);
    }
  }

  private static long others(List<Thread> before) {
    return Threads.ofStreams().stream().filter(thread -> !before.contains(thread)).count();
  }

  private static void head(RawClient client, int streamId, String method, String... more) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    RawClient.field(block, ":method", method);
    RawClient.field(block, ":scheme", "http");
    RawClient.field(block, ":path", "/small");
    RawClient.field(block, ":authority", "x");
    for (int i = 0; i < more.length; i += 2) {
      RawClient.field(block, more[i], more[i + 1]);
    }
    client.send(HeaderBlocks.frames(streamId, false, block.toByteArray()));
  }

  private static String text(RawClient.Frame frame) {
    return new String(frame.payload(), StandardCharsets.UTF_8);
  }
}
