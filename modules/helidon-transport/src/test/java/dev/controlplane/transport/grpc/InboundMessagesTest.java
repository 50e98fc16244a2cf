package dev.controlplane.transport.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.Bytes;
import dev.controlplane.transport.Client;
import dev.controlplane.transport.HeaderText;
import dev.controlplane.transport.Lab;
import dev.controlplane.transport.RawClient;
import dev.controlplane.transport.frames.Frames;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InboundMessagesTest {
  private static final int PLAIN_LIMIT = 2 << 20;
  private static final int LIMIT = 100_000;

  @Test
  void plainHelidonLetsAClientHangThatSendsTooLargeAMessage() throws Exception {
    try (Lab lab = Lab.plain();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Echo", false);
      byte[] prefix = new byte[5];
      Frames.putInt32(prefix, 1, PLAIN_LIMIT + 1);
      client.send(Frames.DATA, 0, 1, prefix);
      assertFalse(client.getsWithin(Duration.ofMillis(500), f -> f.type() == Frames.HEADERS));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, LIMIT - 1, LIMIT})
  void aMessageUpToTheLimitIsAnswered(int size) {
    try (Lab lab = Lab.guarded(limited());
        Client client = Client.to(lab.port())) {
      assertEquals(size, client.echo(new byte[size]).length);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {LIMIT + 1, 8 << 20})
  void aMessageOverTheLimitEndsItsCallAndNoOther(int size) throws Exception {
    try (Lab lab = Lab.guarded(limited());
        Client client = Client.to(lab.port())) {
      Client.Call other = client.subscribe();
      assertEquals(Status.Code.RESOURCE_EXHAUSTED, failure(client, size, 20_000));
      lab.awaitSubscriptions(1);
      lab.broadcast("still there");
      assertEquals(11, other.next().length);
    }
  }

  @Test
  void tooLargeMessagesDoNotUseUpTheConnectionsWindow() {
    try (Lab lab = Lab.guarded(limited());
        Client client = Client.to(lab.port())) {
      for (int i = 0; i < 30; i++) {
        assertEquals(Status.Code.RESOURCE_EXHAUSTED, failure(client, 1 << 20, 20_000));
      }
      assertEquals(LIMIT, client.echo(new byte[LIMIT]).length);
    }
  }

  @Test
  void theLimitIsToldAtThePrefixBeforeTheMessageCame() throws Exception {
    try (Lab lab = Lab.guarded(limited());
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Echo", false);
      // Byte by byte; the length has its highest bit set.
      for (int b : new int[] {0, 0xff, 0xff, 0xff, 0xff}) {
        client.send(Frames.DATA, 0, 1, new byte[] {(byte) b});
      }
      assertTrue(
          trailers(client, 1).contains("the message has 4294967295 bytes, the limit is 100000"));
    }
  }

  @Test
  void aCompressedFlagWithoutAnEncodingIsAnInternalError() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Echo", false);
      client.send(Frames.DATA, Frames.END_STREAM, 1, new byte[] {1, 0, 0, 0, 1, 7});
      String answer = trailers(client, 1);
      assertTrue(answer.contains("grpc-status: 13"), answer);
      assertTrue(answer.contains("grpc-accept-encoding: identity,gzip"), answer);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, LIMIT - 1, LIMIT})
  void aMessageCompressedWithGzipIsRead(int size) {
    try (Lab lab = Lab.guarded(limited());
        Client client = Client.to(lab.port())) {
      byte[] answer =
          ClientCalls.blockingUnaryCall(
              client.channel,
              Lab.ECHO,
              CallOptions.DEFAULT.withCompression("gzip").withDeadlineAfter(20, TimeUnit.SECONDS),
              new byte[size]);
      assertEquals(size, answer.length);
    }
  }

  @Test
  void aMessageThatIsTooLargeOnceItIsDecompressedEndsItsCall() {
    try (Lab lab = Lab.guarded(limited());
        Client client = Client.to(lab.port())) {
      Status status =
          assertThrows(
                  StatusRuntimeException.class,
                  () ->
                      ClientCalls.blockingUnaryCall(
                          client.channel,
                          Lab.ECHO,
                          CallOptions.DEFAULT
                              .withCompression("gzip")
                              .withDeadlineAfter(20, TimeUnit.SECONDS),
                          new byte[LIMIT + 1]))
              .getStatus();
      assertEquals(Status.Code.RESOURCE_EXHAUSTED, status.getCode());
    }
  }

  @Test
  void aBombEndsItsCall() throws Exception {
    byte[] bomb = gzip(new byte[64 << 20]);
    assertTrue(bomb.length < LIMIT);
    try (Lab lab = Lab.guarded(limited());
        RawClient client = RawClient.to(lab.port(), 4, LIMIT)) {
      client.headers(1, "/lab.Lab/Count", "grpc-encoding", "gzip");
      sendCompressed(client, bomb);
      String answer = trailers(client, 1);
      assertTrue(answer.contains("grpc-status: 8"), answer);
      assertTrue(answer.contains("more than 100000 bytes once it is decompressed"), answer);
    }
  }

  @Test
  void aMessageThatIsNotGzipEndsItsCall() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Count", "grpc-encoding", "gzip");
      byte[] broken = gzip(new byte[100]);
      broken[broken.length - 1] ^= 1;
      sendCompressed(client, broken);
      String answer = trailers(client, 1);
      assertTrue(answer.contains("grpc-status: 13"), answer);
      assertTrue(answer.contains("not gzip"), answer);
    }
  }

  private static void sendCompressed(RawClient client, byte[] message) {
    byte[] prefix = {1, 0, 0, 0, 0};
    Frames.putInt32(prefix, 1, message.length);
    client.send(Frames.DATA, 0, 1, prefix);
    for (int at = 0; at < message.length; at += Frames.MAX_PAYLOAD) {
      int end = Math.min(message.length, at + Frames.MAX_PAYLOAD);
      client.send(Frames.DATA, 0, 1, Arrays.copyOfRange(message, at, end));
    }
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(plain);
    }
    return out.toByteArray();
  }

  @Test
  void anUncompressedMessageBesideAnEncodingIsRead() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Echo", "grpc-encoding", "gzip");
      client.message(1, new byte[1], true);
      assertEquals(6, client.awaitData(1).payload().length);
    }
  }

  @Test
  void anUnknownEncodingIsUnimplementedAndTheAnswerSaysWhichAreKnown() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Echo", "grpc-encoding", "snappy");
      client.send(Frames.DATA, Frames.END_STREAM, 1, new byte[] {1, 0, 0, 0, 1, 7});
      String answer = trailers(client, 1);
      assertTrue(answer.contains("grpc-status: 12"), answer);
      assertTrue(answer.contains("grpc-accept-encoding: identity,gzip"), answer);
    }
  }

  @Test
  void plainHelidonLetsAClientHangThatSendsAMalformedMessage() throws Exception {
    try (Lab lab = Lab.plain();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Echo", false);
      client.message(1, Bytes.MALFORMED, false);
      assertFalse(client.getsWithin(Duration.ofMillis(500), f -> f.type() == Frames.HEADERS));
    }
  }

  @Test
  void aMalformedMessageEndsItsCall() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Echo", false);
      client.message(1, Bytes.MALFORMED, false);
      assertTrue(trailers(client, 1).contains("not one of lab.Lab/Echo: no field 0"));
    }
  }

  @Test
  void plainHelidonAnswersACallOfAnUnknownMethodWithHttp404() throws Exception {
    try (Lab lab = Lab.plain()) {
      assertTrue(answerToUnknownMethod(lab).contains("status=404"));
    }
  }

  @Test
  void anUnknownMethodIsUnimplemented() throws Exception {
    try (Lab lab = Lab.guarded();
        Client client = Client.to(lab.port())) {
      String answer = answerToUnknownMethod(lab);
      assertTrue(answer.contains("status=200"), answer);
      assertEquals(
          "unknown method /lab.Lab/No",
          assertThrows(
                  StatusRuntimeException.class,
                  () ->
                      ClientCalls.blockingUnaryCall(
                          client.channel,
                          Bytes.method(MethodDescriptor.MethodType.UNARY, "lab.Lab/No"),
                          CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS),
                          new byte[1]))
              .getStatus()
              .getDescription());
    }
  }

  private static String answerToUnknownMethod(Lab lab) throws InterruptedException {
    try (RawClient client = RawClient.to(lab.port())) {
      client.call(1, "/lab.Lab/No", "x");
      return trailers(client, 1);
    }
  }

  @Test
  void statusMessagesArePercentEncoded() {
    assertEquals("100%25 %C3%BC%E2%82%AC%0A~", ResponseHeaders.percentEncoded("100% ü€\n~"));
  }

  private static Status.Code failure(Client client, int size, int deadlineMillis) {
    return assertThrows(
            StatusRuntimeException.class,
            () ->
                ClientCalls.blockingUnaryCall(
                    client.channel,
                    Lab.ECHO,
                    CallOptions.DEFAULT.withDeadlineAfter(deadlineMillis, TimeUnit.MILLISECONDS),
                    new byte[size]))
        .getStatus()
        .getCode();
  }

  /**
   * The trailers as text: Helidon does not compress what it writes for the first time, but with
   * Huffman's code.
   */
  private static String trailers(RawClient client, int streamId) throws InterruptedException {
    RawClient.Frame frame =
        client.await("trailers", f -> f.type() == Frames.HEADERS && f.endStream());
    assertEquals(streamId, frame.streamId());
    return HeaderText.of(frame.payload());
  }

  private static GrpcStreams.Settings limited() {
    GrpcStreams.Settings defaults = GrpcStreams.Settings.defaults();
    return new GrpcStreams.Settings(defaults.keepalive(), defaults.stallLimit(), LIMIT, 1 << 16);
  }
}
