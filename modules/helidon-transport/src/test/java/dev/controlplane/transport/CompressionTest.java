package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.frames.Frames;
import dev.controlplane.transport.grpc.GrpcStreams;
import io.grpc.Metadata;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionTest {
  private static final Metadata.Key<String> ENCODING =
      Metadata.Key.of("grpc-encoding", Metadata.ASCII_STRING_MARSHALLER);
  private static final int PREFIX = 5;

  @Test
  void plainHelidonCompressesEveryMessageForAClientThatCouldReadThat() throws Exception {
    try (Lab lab = Lab.plain()) {
      assertEquals("gzip", encodingOfResponse(lab));
    }
  }

  @Test
  void messagesGoOutAsTheyAreUnlessTheSettingsSayOtherwise() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      assertEquals("identity", encodingOfResponse(lab));
      client.headers(1, "/lab.Lab/Echo", "grpc-accept-encoding", "gzip");
      client.message(1, new byte[1000], true);
      assertArrayEquals(prefixed(0, new byte[1000]), client.awaitData(1).payload());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "identity,deflate,gzip", "deflate , gzip", "identity, gzip ,br"})
  void aClientThatReadsGzipGetsItWhereTheSettingsSaySo(String accepted) throws Exception {
    try (Lab lab = Lab.guarded(compressed());
        RawClient client = RawClient.to(lab.port())) {
      byte[] message = new byte[10_000];
      client.headers(1, "/lab.Lab/Echo", "grpc-accept-encoding", accepted);
      client.message(1, message, true);
      assertTrue(headers(client).contains("grpc-encoding: gzip"));
      byte[] answer = client.awaitData(1).payload();
      assertTrue(answer.length < 100, answer.length + " bytes");
      assertEquals(1, answer[0]);
      assertEquals(answer.length - PREFIX, Frames.int32(answer, 1));
      assertArrayEquals(message, inflated(answer));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"identity", "deflate,br", "gzipped", ""})
  void aClientThatDoesNotGetsPlainMessages(String accepted) throws Exception {
    try (Lab lab = Lab.guarded(compressed());
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Echo", "grpc-accept-encoding", accepted);
      client.message(1, new byte[1000], true);
      assertTrue(headers(client).contains("grpc-encoding: identity"));
      assertArrayEquals(prefixed(0, new byte[1000]), client.awaitData(1).payload());
    }
  }

  @Test
  void aMessageThatGzipDoesNotMakeSmallerGoesOutAsItIs() throws Exception {
    try (Lab lab = Lab.guarded(compressed());
        RawClient client = RawClient.to(lab.port())) {
      byte[] short1 = "short".getBytes(StandardCharsets.US_ASCII);
      client.headers(1, "/lab.Lab/Echo", "grpc-accept-encoding", "gzip");
      client.message(1, short1, true);
      assertArrayEquals(prefixed(0, short1), client.awaitData(1).payload());
      client.headers(3, "/lab.Lab/Echo", "grpc-accept-encoding", "gzip");
      client.message(3, new byte[0], true);
      assertArrayEquals(prefixed(0, new byte[0]), client.awaitData(3).payload());
    }
  }

  @Test
  void grpcJavaReadsWhatIsCompressed() throws Exception {
    try (Lab lab = Lab.guarded(compressed());
        Client client = Client.to(lab.port())) {
      Client.Call call = client.flood(100, 50_000).read(101);
      for (int i = 0; i < 100; i++) {
        assertEquals(50_000, call.next().length);
      }
      assertEquals("gzip", call.headers.get(10, TimeUnit.SECONDS).get(ENCODING));
    }
  }

  private static GrpcStreams.Settings compressed() {
    GrpcStreams.Settings defaults = GrpcStreams.Settings.defaults();
    return new GrpcStreams.Settings(
        defaults.keepalive(),
        defaults.stallLimit(),
        defaults.headTimeout(),
        defaults.maxInboundMessage(),
        defaults.maxStreamsPerConnection(),
        defaults.inboundOfConnection(),
        defaults.inbound(),
        defaults.frames(),
        true);
  }

  private static byte[] prefixed(int flag, byte[] message) {
    byte[] prefixed = new byte[PREFIX + message.length];
    prefixed[0] = (byte) flag;
    Frames.putInt32(prefixed, 1, message.length);
    System.arraycopy(message, 0, prefixed, PREFIX, message.length);
    return prefixed;
  }

  private static byte[] inflated(byte[] answer) throws IOException {
    byte[] message = Arrays.copyOfRange(answer, PREFIX, answer.length);
    try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(message))) {
      return gzip.readAllBytes();
    }
  }

  private static String headers(RawClient client) throws InterruptedException {
    return HeaderText.of(client.await("headers", f -> f.type() == Frames.HEADERS).payload());
  }

  private static String encodingOfResponse(Lab lab) throws Exception {
    try (Client client = Client.to(lab.port())) {
      Client.Call call = client.flood(1, 1000).read(2);
      assertEquals(1000, call.next().length);
      return call.headers.get(10, TimeUnit.SECONDS).get(ENCODING);
    }
  }
}
