package dev.controlplane.transport.http2.connection;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.Await;
import dev.controlplane.transport.HeaderText;
import dev.controlplane.transport.RawClient;
import dev.controlplane.transport.frames.Frames;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HttpStreamsTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final int MOST_STREAMS = 128;

  private final byte[] file = new byte[300_000];
  private final AtomicInteger running = new AtomicInteger();
  private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
  private WebServer server;

  HttpStreamsTest() {
    new Random(1).nextBytes(file);
  }

  private RawClient start(Duration stallLimit, int... settings) {
    server =
        WebServer.builder()
            .host("127.0.0.1")
            .port(0)
            .shutdownHook(false)
            .protocolsDiscoverServices(false)
            .addConnectionSelector(HttpStreams.selector(stallLimit))
            .routing(
                HttpRouting.builder()
                    .get("/file", this::sendFile)
                    .get("/small", (_, response) -> response.send("small"))
                    .get("/broken", HttpStreamsTest::breakOff)
                    .get("/unchanged", HttpStreamsTest::unchanged))
            .build()
            .start();
    return RawClient.to(server.port(), settings);
  }

  @AfterEach
  void stop() {
    server.stop();
  }

  private void sendFile(ServerRequest request, ServerResponse response) throws IOException {
    running.incrementAndGet();
    response.headers().contentLength(file.length);
    OutputStream out = response.outputStream();
    byte[] buffer = new byte[50_000];
    try {
      for (int at = 0; at < file.length; at += buffer.length) {
        System.arraycopy(file, at, buffer, 0, buffer.length);
        out.write(buffer);
      }
      out.close();
    } catch (RuntimeException e) {
      failures.add(e);
      throw e;
    } finally {
      running.decrementAndGet();
    }
  }

  private static void breakOff(ServerRequest request, ServerResponse response) throws IOException {
    response.headers().contentLength(1000);
    OutputStream out = response.outputStream();
    out.write(new byte[10]);
    out.flush();
    throw new CloseConnectionException("the test breaks off");
  }

  private static void unchanged(ServerRequest request, ServerResponse response) {
    response.status(Status.NOT_MODIFIED_304).send();
  }

  private static String text(RawClient.Frame frame) {
    return new String(frame.payload(), StandardCharsets.UTF_8);
  }

  @Test
  void manyAnswersAtOnceKeepToTheWindowOfTheConnectionAndArriveWhole() throws Exception {
    try (RawClient client = start(LONG, INITIAL_WINDOW_SIZE, 1 << 20)) {
      int streams = 60;
      for (int i = 0; i < streams; i++) {
        client.get(1 + 2 * i, "/file");
      }
      long all = (long) streams * file.length;
      for (long given = Frames.DEFAULT_WINDOW; given < all; given += 1_000_003) {
        long window = given;
        Await.until("the window used up", LONG, () -> client.dataBytes.get() >= window);
        client.ping();
        client.await("answer to a PING", f -> f.type() == Frames.PING);
        assertEquals(window, client.dataBytes.get());
        client.windowUpdate(0, 1_000_003);
      }
      Await.until("all bytes", LONG, () -> client.dataBytes.get() == all);
      Await.until("all handlers through", LONG, () -> running.get() == 0);
    }
  }

  @Test
  void anAnswerComesInItsOrderThroughWindowsThatShrinkAndGrow() throws Exception {
    try (RawClient client = start(LONG)) {
      client.get(1, "/file");
      ByteArrayOutputStream got = new ByteArrayOutputStream();
      boolean end = false;
      for (int round = 0; !end; round++) {
        RawClient.Frame data = client.awaitData(1);
        got.write(data.payload());
        end = data.endStream();
        if (round == 2) {
          // By now the stream's window is below zero.
          client.settings(INITIAL_WINDOW_SIZE, 100);
        } else if (round == 6) {
          client.settings(INITIAL_WINDOW_SIZE, 200_000);
        }
        if (data.payload().length > 0) {
          client.windowUpdate(0, data.payload().length);
          client.windowUpdate(1, data.payload().length);
        }
      }
      assertArrayEquals(file, got.toByteArray());
    }
  }

  @Test
  void anAnswerThatIsNotReadHoldsUpNoOther() throws Exception {
    try (RawClient client = start(LONG)) {
      client.windowUpdate(0, 1 << 20);
      client.get(1, "/file");
      Await.until(
          "its window used up", LONG, () -> client.dataBytes.get() == Frames.DEFAULT_WINDOW);
      for (int id = 3; id < 23; id += 2) {
        client.get(id, "/small");
        RawClient.Frame answer = client.awaitData(id);
        assertEquals("small", text(answer));
        assertTrue(answer.endStream());
      }
      assertEquals(1, running.get());
    }
  }

  @Test
  void aClientThatTakesNothingOfAnAnswerIsCutOff() throws Exception {
    try (RawClient client = start(Duration.ofMillis(300))) {
      client.windowUpdate(0, 1 << 20);
      client.get(1, "/file");
      client.await(
          "reset", f -> f.type() == Frames.RST_STREAM && f.streamId() == 1 && f.errorCode() != 0);
      assertTrue(failures.poll(10, TimeUnit.SECONDS) instanceof CloseConnectionException);
      client.get(3, "/small");
      client.awaitData(3);
    }
  }

  @Test
  void aSmallAnswerThatIsNotTakenIsCutOffThoughItsHandlerIsLongThrough() throws Exception {
    try (RawClient client = start(Duration.ofMillis(300), INITIAL_WINDOW_SIZE, 2)) {
      client.get(1, "/small");
      assertEquals(2, client.awaitData(1).payload().length);
      client.awaitReset(1, Frames.CANCEL);
    }
  }

  @Test
  void aSmallAnswerGoesOutWhenTheWindowAllows() throws Exception {
    try (RawClient client = start(LONG, INITIAL_WINDOW_SIZE, 2)) {
      client.get(1, "/small");
      assertEquals(2, client.awaitData(1).payload().length);
      client.windowUpdate(1, 2);
      assertFalse(client.awaitData(1).endStream());
      client.windowUpdate(1, 2);
      RawClient.Frame last = client.awaitData(1);
      assertEquals("l", text(last));
      assertTrue(last.endStream());
      // It is over: that the client resets it must not end the connection.
      client.reset(1, Frames.CANCEL);
      client.get(3, "/unchanged");
      client.awaitHeaders(3);
    }
  }

  @Test
  void anAnswerThatTheClientResetsEndsItsHandlerAndNoOther() throws Exception {
    try (RawClient client = start(LONG)) {
      client.get(1, "/file");
      client.get(3, "/file");
      Await.until("both run", LONG, () -> running.get() == 2);
      client.reset(1, Frames.CANCEL);
      Await.until("one ended", LONG, () -> running.get() == 1);
      assertTrue(failures.poll(10, TimeUnit.SECONDS) instanceof CloseConnectionException);
      client.windowUpdate(0, 1 << 20);
      client.windowUpdate(3, 1 << 20);
      RawClient.Frame last =
          client.await("the end of the other", f -> f.streamId() == 3 && f.endStream());
      assertEquals(Frames.DATA, last.type());
    }
  }

  @Test
  void aLostConnectionEndsItsHandlers() throws Exception {
    try (RawClient client = start(LONG)) {
      client.get(1, "/file");
      client.get(3, "/file");
      Await.until("both run", LONG, () -> running.get() == 2);
      client.abort();
      Await.until("both ended", LONG, () -> running.get() == 0);
    }
  }

  @Test
  void anAnswerThatBreaksOffIsResetSoThatNobodyTakesItForWhole() throws Exception {
    try (RawClient client = start(LONG)) {
      client.get(1, "/broken");
      assertFalse(client.awaitData(1).endStream());
      client.awaitReset(1, Frames.INTERNAL_ERROR);
      client.get(3, "/small");
      assertTrue(client.awaitData(3).endStream());
    }
  }

  @Test
  void answersWithoutABodyHaveNoLength() throws Exception {
    try (RawClient client = start(LONG)) {
      client.get(1, "/unchanged");
      RawClient.Frame head = client.await("head", f -> f.type() == Frames.HEADERS);
      assertFalse(
          HeaderText.of(head.payload()).toLowerCase(Locale.ROOT).contains("content-length"));
      RawClient.Frame last = client.await("end", RawClient.Frame::endStream);
      assertEquals(0, last.payload().length);
    }
  }

  @Test
  void aRequestWithABodyIsRefusedAndTheClientToldToStop() throws Exception {
    try (RawClient client = start(LONG)) {
      for (int id = 1; id < 100; id += 2) {
        client.post(id, "/file");
        client.send(Frames.DATA, 0, id, new byte[100]);
        String answer = text(client.awaitData(id));
        assertTrue(answer.contains("\"too_large\""), answer);
        client.send(Frames.DATA, 0, id, new byte[100]);
      }
      client.awaitReset(1, Frames.NO_ERROR);
      client.get(101, "/small");
      client.awaitData(101);
    }
  }

  @Test
  void answersThatWaitCountAgainstTheMostStreams() throws Exception {
    try (RawClient client = start(LONG, INITIAL_WINDOW_SIZE, 0)) {
      for (int i = 0; i <= MOST_STREAMS; i++) {
        client.get(1 + 2 * i, "/small");
        if (i < MOST_STREAMS) {
          client.awaitHeaders(1 + 2 * i);
        }
      }
      client.awaitReset(1 + 2 * MOST_STREAMS, Frames.REFUSED_STREAM);
      client.settings(INITIAL_WINDOW_SIZE, 100);
      Await.until(
          "all others",
          LONG,
          () -> client.dataBytes.get() == (long) MOST_STREAMS * "small".length());
    }
  }

  @Test
  void aWindowThatMayNotBeEndsTheConnection() throws Exception {
    try (RawClient client = start(LONG)) {
      client.settings(INITIAL_WINDOW_SIZE, -1);
      RawClient.Frame goAway = client.await("GOAWAY", f -> f.type() == Frames.GOAWAY);
      assertEquals(Frames.FLOW_CONTROL_ERROR, goAway.errorCode());
    }
  }

  @Test
  void framesThatMayNotBeEndTheConnection() throws Exception {
    byte[] none = {};
    byte[] code = new byte[4];
    List<Consumer<RawClient>> frames =
        List.of(
            client -> client.send(Frames.DATA, 0, 0, none),
            client -> client.send(Frames.RST_STREAM, 0, 0, code),
            client -> client.send(Frames.GOAWAY, 0, 1, new byte[8]),
            client -> client.send(Frames.DATA, Frames.PADDED, 1, new byte[] {1}),
            client -> client.send(Frames.DATA, Frames.PADDED, 1, none),
            client -> client.windowUpdate(0, 0));
    try (RawClient first = start(LONG)) {
      first.get(1, "/small");
      for (Consumer<RawClient> frame : frames) {
        try (RawClient client = RawClient.to(server.port())) {
          client.post(1, "/small");
          frame.accept(client);
          RawClient.Frame goAway = client.await("GOAWAY", f -> f.type() == Frames.GOAWAY);
          assertEquals(Frames.PROTOCOL_ERROR, goAway.errorCode());
        }
      }
      first.awaitData(1);
    }
  }

  @Test
  void aWindowThatGrowsByNothingResetsItsStreamAndNoOther() throws Exception {
    try (RawClient client = start(LONG)) {
      client.get(1, "/file");
      client.get(3, "/file");
      client.windowUpdate(1, 0);
      client.awaitReset(1, Frames.PROTOCOL_ERROR);
      client.windowUpdate(0, 1 << 20);
      client.windowUpdate(3, 1 << 20);
      client.await("the end of the other", f -> f.streamId() == 3 && f.endStream());
    }
  }
}
