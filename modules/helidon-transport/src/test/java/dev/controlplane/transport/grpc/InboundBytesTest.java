package dev.controlplane.transport.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.Await;
import dev.controlplane.transport.Bytes;
import dev.controlplane.transport.HeaderText;
import dev.controlplane.transport.Lab;
import dev.controlplane.transport.RawClient;
import dev.controlplane.transport.frames.FrameLimits;
import dev.controlplane.transport.frames.Frames;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The memory of messages that clients have begun to send. */
class InboundBytesTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final int MOST_OF_CONNECTION = 1000;
  private static final int MOST = 1500;

  private static Lab lab() {
    return Lab.guarded(
        new GrpcStreams.Settings(
            LONG, LONG, LONG, 1000, 1000, MOST_OF_CONNECTION, MOST, FrameLimits.DEFAULTS));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1})
  void theMessagesThatAConnectionHasBegunToSendAreBoundedTogether(int more) throws Exception {
    try (Lab lab = lab();
        RawClient client = RawClient.to(lab.port())) {
      begin(client, 1, 600);
      awaitHeld(lab, 600);
      int length = MOST_OF_CONNECTION - 600 + more;
      begin(client, 3, length);
      if (more <= 0) {
        awaitHeld(lab, 600 + length);
        client.send(Frames.DATA, Frames.END_STREAM, 3, new byte[length]);
        assertEquals(5 + length, dataOf(client, 3));
        assertEquals(0, lab.inbound().refused());
      } else {
        assertRefused(client, 3, "this connection has begun to send", MOST_OF_CONNECTION);
        assertEquals(1, lab.inbound().refused());
      }
      awaitHeld(lab, 600);
      client.send(Frames.DATA, Frames.END_STREAM, 1, new byte[600]);
      assertEquals(5 + 600, dataOf(client, 1));
      awaitHeld(lab, 0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1})
  void theMessagesOfAllConnectionsAreBoundedTogether(int more) throws Exception {
    try (Lab lab = lab();
        RawClient other = RawClient.to(lab.port());
        RawClient client = RawClient.to(lab.port())) {
      begin(other, 1, 1000);
      awaitHeld(lab, 1000);
      int length = MOST - 1000 + more;
      begin(client, 1, length);
      if (more <= 0) {
        awaitHeld(lab, 1000 + length);
      } else {
        assertRefused(client, 1, "all connections have begun to send", MOST);
      }
      other.abort();
      awaitHeld(lab, more <= 0 ? length : 0);
    }
  }

  @Test
  void everyWayOutOfACallGivesItsMemoryBack() throws Exception {
    try (Lab lab = lab();
        RawClient client = RawClient.to(lab.port())) {
      int id = 1;
      // The client resets it.
      begin(client, id, 900);
      awaitHeld(lab, 900);
      client.reset(id, Frames.CANCEL);
      awaitHeld(lab, 0);
      // Its deadline is over.
      id += 2;
      client.headers(id, "/lab.Lab/Echo", "grpc-timeout", "300m");
      client.send(Frames.DATA, 0, id, prefix(900));
      client.awaitReset(id, Frames.NO_ERROR);
      awaitHeld(lab, 0);
      // It can't be read.
      id += 2;
      client.headers(id, "/lab.Lab/Chat", false);
      client.message(id, Bytes.MALFORMED, false);
      awaitEnd(client, id);
      awaitHeld(lab, 0);
      // It ends in the middle.
      id += 2;
      begin(client, id, 900);
      client.send(Frames.DATA, Frames.END_STREAM, id, new byte[899]);
      awaitEnd(client, id);
      awaitHeld(lab, 0);
      // It is lost with its connection.
      id += 2;
      begin(client, id, 900);
      awaitHeld(lab, 900);
      client.abort();
      awaitHeld(lab, 0);
    }
  }

  @Test
  void aWholeRequestIsHeldUntilItsClientHasEndedTheCall() throws Exception {
    try (Lab lab = lab();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Echo", false);
      client.message(1, new byte[700], false);
      awaitHeld(lab, 700);
      client.send(Frames.DATA, Frames.END_STREAM, 1, new byte[0]);
      assertEquals(5 + 700, dataOf(client, 1));
      awaitHeld(lab, 0);
    }
  }

  @Test
  void aMessageOfAStreamIsHeldUntilTheServiceHasIt() throws Exception {
    try (Lab lab = lab();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Chat", false);
      for (int i = 0; i < 5; i++) {
        client.message(1, new byte[900], false);
        assertEquals(5 + 900, dataOf(client, 1));
        awaitHeld(lab, 0);
      }
    }
  }

  @Test
  void aCompressedRequestCountsAsWhatItIsDecompressedTo() throws Exception {
    try (Lab lab = lab();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Echo", "grpc-encoding", "gzip");
      byte[] message = gzip(new byte[950]);
      byte[] prefix = prefix(message.length);
      prefix[0] = 1;
      client.send(Frames.DATA, 0, 1, prefix);
      client.send(Frames.DATA, 0, 1, message);
      Await.until("held", LONG, () -> lab.inbound().held() >= 950);
      begin(client, 3, 51);
      assertRefused(client, 3, "this connection has begun to send", MOST_OF_CONNECTION);
    }
  }

  @Test
  void aRequestThatEndsInTheMiddleOfAMessageIsAnInternalError() throws Exception {
    try (Lab lab = lab();
        RawClient client = RawClient.to(lab.port())) {
      begin(client, 1, 10);
      client.send(Frames.DATA, Frames.END_STREAM, 1, new byte[9]);
      String answer = HeaderText.of(awaitEnd(client, 1).payload());
      assertTrue(answer.contains("grpc-status: 13"), answer);
      assertTrue(answer.contains("in the middle of a message"), answer);
    }
  }

  private static void begin(RawClient client, int streamId, int length) {
    client.headers(streamId, "/lab.Lab/Echo", false);
    client.send(Frames.DATA, 0, streamId, prefix(length));
  }

  private static byte[] prefix(int length) {
    byte[] prefix = new byte[5];
    Frames.putInt32(prefix, 1, length);
    return prefix;
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(plain);
    }
    return out.toByteArray();
  }

  private static void awaitHeld(Lab lab, long bytes) {
    Await.until(bytes + " bytes held", LONG, () -> lab.inbound().held() == bytes);
  }

  private static int dataOf(RawClient client, int streamId) throws InterruptedException {
    return client.awaitData(streamId).payload().length;
  }

  private static void assertRefused(RawClient client, int streamId, String why, int bound)
      throws InterruptedException {
    String answer = HeaderText.of(awaitEnd(client, streamId).payload());
    assertTrue(answer.contains("grpc-status: 8"), answer);
    assertTrue(answer.contains(why + " would have more than " + bound + " bytes (INBOUND"), answer);
  }

  private static RawClient.Frame awaitEnd(RawClient client, int streamId)
      throws InterruptedException {
    return client.await(
        "end of " + streamId,
        f -> f.type() == Frames.HEADERS && f.streamId() == streamId && f.endStream());
  }
}
