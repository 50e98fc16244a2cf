package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.frames.FrameLimits;
import dev.controlplane.transport.frames.Frames;
import dev.controlplane.transport.frames.HeaderBlocks;
import dev.controlplane.transport.hpack.HeaderDecoder;
import dev.controlplane.transport.hpack.LargeHead;
import dev.controlplane.transport.http2.connection.HttpStreams;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client may say in the head of a request, and what becomes of the other streams. */
class HeadsTest {
  private static final int MAX_HEADER_LIST_SIZE = 6;
  private static final Duration LONG = Duration.ofSeconds(30);

  private WebServer http;

  private RawClient http() {
    http =
        WebServer.builder()
            .host("127.0.0.1")
            .port(0)
            .shutdownHook(false)
            .protocolsDiscoverServices(false)
            .addConnectionSelector(HttpStreams.selector(LONG))
            .routing(HttpRouting.builder().get("/small", (_, answer) -> answer.send("small")))
            .build()
            .start();
    return RawClient.to(http.port());
  }

  @AfterEach
  void stop() {
    if (http != null) {
      http.stop();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0})
  void aHeadUpToTheLimitIsAnswered(int more) throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.send(head(1, false, sized(RawClient.headerBlock("/lab.Lab/Echo"), more)));
      client.message(1, new byte[1], true);
      assertEquals(6, client.awaitData(1).payload().length);
    }
    try (RawClient client = http()) {
      client.send(head(1, true, sized(get("/small"), more)));
      assertEquals("small".length(), client.awaitData(1).payload().length);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"A", "!!!", "A A", "AAAA,!"})
  void aCallWithABinaryValueThatIsNotBase64EndsWithInternal(String value) throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Echo", "x-bin", value);
      client.message(1, new byte[1], true);
      String answer = HeaderText.of(awaitEnd(client, 1).payload());
      assertTrue(answer.contains("grpc-status: 13"), answer);
      assertTrue(answer.contains("the metadata x-bin is malformed"), answer);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "x-bin, AA",
    "x-bin, AA==",
    "x-bin, 'AA,BB'",
    "x-bin, 'AA==, BBBB'",
    "x-bin, ''",
    "x~y*, a name that gRPC does not have",
    "grpc-tags-bin, AAAA",
  })
  void aCallWithOddMetadataIsAnswered(String name, String value) throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Echo", name, value);
      client.message(1, new byte[1], true);
      assertEquals(6, client.awaitData(1).payload().length);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 20_000, 100_000})
  void aCallWhoseHeadIsTooLargeEndsWithResourceExhaustedAndNoOther(int more) throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.call(1, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(1);
      client.send(head(3, false, sized(RawClient.headerBlock("/lab.Lab/Echo"), more)));
      String answer = HeaderText.of(awaitEnd(client, 3).payload());
      assertTrue(answer.contains("status=200"), answer);
      assertTrue(answer.contains("grpc-status: 8"), answer);
      assertTrue(
          answer.contains("metadata has " + (LargeHead.MOST + more) + " bytes, the limit is 16384"),
          answer);
      // What the client has sent meanwhile.
      client.message(3, new byte[1], true);
      lab.broadcast("still there");
      assertEquals(5 + 11, client.awaitData(1).payload().length);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRequestWhoseHeadIsTooLargeGets431AndEndsNoOther(boolean endStream) throws Exception {
    try (RawClient client = http()) {
      client.send(head(1, endStream, sized(get("/small"), 1)));
      RawClient.Frame answer =
          client.await("HEADERS", f -> f.type() == Frames.HEADERS && f.streamId() == 1);
      assertTrue(HeaderText.of(answer.payload()).contains("status=431"));
      RawClient.Frame body = client.awaitData(1);
      assertTrue(body.endStream());
      assertTrue(
          new String(body.payload(), StandardCharsets.US_ASCII)
              .contains("has 16385 bytes; expected: at most 16384"));
      if (!endStream) {
        client.awaitReset(1, Frames.NO_ERROR);
      }
      client.get(3, "/small");
      assertEquals("small".length(), client.awaitData(3).payload().length);
    }
  }

  @Test
  void theAnswerToAHeadRequestThatIsTooLargeHasNoBody() throws Exception {
    try (RawClient client = http()) {
      byte[] block =
          block(List.of(":method", "HEAD", ":scheme", "http", ":path", "/", ":authority", "x"));
      client.send(head(1, true, sized(block, 1)));
      assertTrue(HeaderText.of(awaitEnd(client, 1).payload()).contains("status=431"));
    }
  }

  @Test
  void theLimitOfAHeadIsAnnounced() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      assertEquals(LargeHead.MOST, announced(client));
    }
    try (RawClient client = http()) {
      assertEquals(LargeHead.MOST, announced(client));
    }
  }

  private static int announced(RawClient client) throws InterruptedException {
    byte[] settings =
        client
            .await("SETTINGS", f -> f.type() == Frames.SETTINGS && f.payload().length > 0)
            .payload();
    for (int at = 0; at < settings.length; at += 6) {
      if (settings[at + 1] == MAX_HEADER_LIST_SIZE) {
        return Frames.int32(settings, at + 2);
      }
    }
    return -1;
  }

  @Test
  void whatARefusedHeadPutIntoTheDynamicTableIsKnownToTheNextOne() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.call(1, "/lab.Lab/Subscribe", "");
      ByteArrayOutputStream first = new ByteArrayOutputStream();
      first.write(0x83); // :method POST
      first.write(0x86); // :scheme http
      first.write(0x44); // :path, into the table
      RawClient.string(first, "/lab.Lab/Echo");
      first.write(0x41); // :authority, into the table
      RawClient.string(first, "127.0.0.1");
      first.write(0x5f); // content-type, into the table
      RawClient.string(first, "application/grpc");
      client.send(head(3, false, sized(first.toByteArray(), 1)));
      awaitEnd(client, 3);
      byte[] second = {(byte) 0x83, (byte) 0x86, (byte) 0xc0, (byte) 0xbf, (byte) 0xbe};
      client.send(head(5, false, second));
      client.message(5, new byte[1], true);
      assertEquals(6, client.awaitData(5).payload().length);
    }
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void aMalformedHeadEndsItsStreamAndNoOther(List<String> fields) throws Exception {
    try (RawClient client = http()) {
      client.send(head(1, true, block(fields)));
      client.awaitReset(1, Frames.PROTOCOL_ERROR);
      client.get(3, "/small");
      assertEquals("small".length(), client.awaitData(3).payload().length);
    }
  }

  static List<List<String>> malformed() {
    List<String> get =
        List.of(":method", "GET", ":scheme", "http", ":path", "/small", ":authority", "x");
    return List.of(
        without(get, ":method"),
        without(get, ":scheme"),
        without(get, ":path"),
        without(get, ":authority"),
        with(get, ":path", ""),
        with(get, ":method", "G T"),
        with(get, ":authority", " x"),
        and(get, ":path", "/small"),
        and(get, ":status", "200"),
        and(get, ":unknown", "x"),
        and(get, "a", "b", ":path", "/small"),
        and(without(get, ":path"), "a", "b", ":path", "/small"),
        and(get, "connection", "close"),
        and(get, "transfer-encoding", "chunked"),
        and(get, "te", "gzip"),
        and(get, "te", "trailers", "te", "trailers"),
        and(get, "content-length", "1x"),
        and(get, "content-length", "-1"),
        and(get, "content-length", "0", "content-length", "0"),
        and(get, "content-length", "5"),
        and(get, "host", "y"),
        and(get, "host", "x", "host", "x"),
        and(get, "Upper", "x"),
        and(get, "a b", "x"),
        and(get, "", "x"),
        and(get, "a", "x\ny"),
        and(get, "a", "x\0"),
        and(get, "a", " x"),
        and(get, "a", "x\t"));
  }

  @ParameterizedTest
  @MethodSource("odd")
  void anOddHeadIsAnswered(List<String> fields) throws Exception {
    try (RawClient client = http()) {
      client.send(head(1, true, block(fields)));
      client.awaitHeaders(1);
      client.get(3, "/small");
      assertEquals("small".length(), client.awaitData(3).payload().length);
    }
  }

  static List<List<String>> odd() {
    List<String> get =
        List.of(":method", "GET", ":scheme", "http", ":path", "/small", ":authority", "x");
    return List.of(
        with(get, ":path", "*"),
        with(get, ":path", "small"),
        with(get, ":path", "//small"),
        with(get, ":path", "/small?"),
        with(get, ":path", "/%zz"),
        with(get, ":path", "/a b#c?d"),
        with(get, ":path", "http://x/small"),
        with(get, ":method", "get"),
        with(get, ":method", "PROPFIND"),
        with(get, ":scheme", "gopher"),
        with(get, ":authority", "a:b:c"),
        and(get, "host", "X"),
        and(without(get, ":authority"), "host", "x"),
        and(get, "te", "trailers"),
        and(get, "content-length", "0"),
        and(get, "cookie", "a=b", "cookie", "c=d"),
        and(get, "a", ""),
        and(get, "accept", "x\ty"),
        and(get, "expect", "100-continue"),
        and(get, "range", "bytes=,"),
        and(get, "content-encoding", "gzip"));
  }

  @Test
  void trailersBehindARefusedBodyEndNothing() throws Exception {
    try (RawClient client = http()) {
      client.post(1, "/small");
      client.awaitHeaders(1);
      client.send(Frames.DATA, 0, 1, new byte[100]);
      client.send(head(1, true, block(List.of("x-checksum", "1"))));
      client.get(3, "/small");
      assertEquals("small".length(), client.awaitData(3).payload().length);
    }
  }

  @Test
  void trailersThatCrossAResetEndNothing() throws Exception {
    try (RawClient client = http()) {
      client.post(1, "/small");
      client.awaitReset(1, Frames.NO_ERROR);
      client.send(head(1, true, block(List.of("x-checksum", "1"))));
      client.get(3, "/small");
      assertEquals("small".length(), client.awaitData(3).payload().length);
    }
  }

  @Test
  void aCallMayEndWithTrailers() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Echo", false);
      client.message(1, new byte[1], false);
      client.send(head(1, true, block(List.of("x-checksum", "1"))));
      assertEquals(6, client.awaitData(1).payload().length);
    }
  }

  @Test
  void trailersThatDoNotEndTheRequestResetTheStream() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Chat", false);
      client.send(head(1, false, block(List.of("x-checksum", "1"))));
      client.awaitReset(1, Frames.PROTOCOL_ERROR);
      client.call(3, "/lab.Lab/Echo", "x");
      assertEquals(6, client.awaitData(3).payload().length);
    }
  }

  @Test
  void aBlockInAsManyContinuationFramesAsMayBeIsRead() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.send(Frames.HEADERS, 0, 1, RawClient.headerBlock("/lab.Lab/Echo"));
      for (int i = 1; i < FrameLimits.DEFAULTS.continuations(); i++) {
        client.send(Frames.CONTINUATION, 0, 1, new byte[0]);
      }
      client.send(Frames.CONTINUATION, Frames.END_HEADERS, 1, new byte[0]);
      client.message(1, new byte[1], true);
      assertEquals(6, client.awaitData(1).payload().length);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10_000})
  void aFloodOfContinuationFramesEndsTheConnection(int length) throws Exception {
    // One frame more than the number, or the bytes, of a block allow.
    int count =
        1 + (length == 0 ? FrameLimits.DEFAULTS.continuations() : HeaderBlocks.MOST_BYTES / length);
    byte[] payload = new byte[length];
    // An entry of the static table, again and again.
    Arrays.fill(payload, (byte) 0x90);
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.send(Frames.HEADERS, 0, 1, RawClient.headerBlock("/lab.Lab/Echo"));
      for (int i = 0; i < count; i++) {
        client.send(Frames.CONTINUATION, 0, 1, payload);
      }
      RawClient.Frame end = client.await("GOAWAY", f -> f.type() == Frames.GOAWAY);
      assertEquals(Frames.ENHANCE_YOUR_CALM, end.errorCode());
    }
  }

  private static RawClient.Frame awaitEnd(RawClient client, int streamId)
      throws InterruptedException {
    return client.await(
        "end of " + streamId,
        f -> f.type() == Frames.HEADERS && f.streamId() == streamId && f.endStream());
  }

  private static byte[] head(int streamId, boolean endStream, byte[] block) {
    return HeaderBlocks.frames(streamId, endStream, block);
  }

  private static byte[] get(String path) {
    return block(List.of(":method", "GET", ":scheme", "http", ":path", path, ":authority", "x"));
  }

  /** The block with one more field, so that its list has so many bytes more than the limit. */
  private static byte[] sized(byte[] block, int more) throws Exception {
    long size = new HeaderDecoder(Integer.MAX_VALUE).decode(block).size();
    ByteArrayOutputStream larger = new ByteArrayOutputStream();
    larger.writeBytes(block);
    RawClient.field(larger, "x", "v".repeat(LargeHead.MOST + more - (int) size - 32 - 1));
    return larger.toByteArray();
  }

  private static byte[] block(List<String> namesAndValues) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.size(); i += 2) {
      RawClient.field(block, namesAndValues.get(i), namesAndValues.get(i + 1));
    }
    return block.toByteArray();
  }

  private static List<String> without(List<String> fields, String name) {
    int at = fields.indexOf(name);
    List<String> rest = new ArrayList<>(fields);
    rest.subList(at, at + 2).clear();
    return rest;
  }

  private static List<String> with(List<String> fields, String name, String value) {
    List<String> other = new ArrayList<>(fields);
    other.set(fields.indexOf(name) + 1, value);
    return other;
  }

  private static List<String> and(List<String> fields, String... more) {
    List<String> all = new ArrayList<>(fields);
    all.addAll(List.of(more));
    return all;
  }
}
