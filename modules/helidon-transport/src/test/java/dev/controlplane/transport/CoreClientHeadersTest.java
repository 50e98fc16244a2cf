package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.frames.Frames;
import io.helidon.common.buffers.BufferData;
import io.helidon.http.http2.Http2Flag;
import io.helidon.http.http2.Http2FrameData;
import io.helidon.http.http2.Http2FrameHeader;
import io.helidon.http.http2.Http2FrameTypes;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2Headers.DynamicTable;
import io.helidon.http.http2.Http2HuffmanDecoder;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Header blocks and settings as gRPC's C core sends them, and other ones that RFC 7541 and RFC 9113
 * allow.
 */
class CoreClientHeadersTest {
  private static final int UNKNOWN_SETTING = 0xfe03;
  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final int HEADER_TABLE_SIZE = 1;

  /** As another implementation (python-hpack) codes them. */
  private static final Map<String, String> CODED =
      Map.of(
          ":authority", "b83b5339ec327d7f",
          ":method", "b9495339e4",
          ":path", "b958d33f",
          ":scheme", "b8824e5a4b");

  @Test
  void plainHelidonRefusesPseudoHeadersByName() throws Exception {
    try (Lab lab = Lab.plain();
        RawClient client = RawClient.to(lab.port())) {
      client.send(Frames.HEADERS, Frames.END_HEADERS, 1, literal(0x40, false));
      assertTrue(client.connectionLost(Await.LIMIT));
    }
  }

  /** With incremental indexing, without indexing, never indexed. */
  @ParameterizedTest
  @ValueSource(ints = {0x40, 0x00, 0x10})
  void pseudoHeadersByNameAreUnderstood(int representation) throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      // The second call relies on the dynamic table that the first one filled.
      for (int streamId : new int[] {1, 3}) {
        byte[] block =
            streamId == 3 && representation == 0x40
                ? fromDynamicTable()
                : literal(representation, streamId == 3);
        client.send(Frames.HEADERS, Frames.END_HEADERS, streamId, block);
        assertAnswered(client, streamId);
      }
    }
  }

  @Test
  void aBlockWithPaddingAndPriorityInContinuationFramesIsUnderstood() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      byte[] block = literal(0x40, false);
      ByteArrayOutputStream first = new ByteArrayOutputStream();
      first.write(7); // of padding
      first.writeBytes(new byte[] {0, 0, 0, 0, 15}); // depends on nothing, weight 16
      first.write(block, 0, 10);
      first.writeBytes(new byte[7]);
      client.send(Frames.HEADERS, Frames.PADDED | Frames.PRIORITY, 1, first.toByteArray());
      client.send(Frames.CONTINUATION, 0, 1, Arrays.copyOfRange(block, 10, 11));
      client.send(Frames.CONTINUATION, 0, 1, new byte[0]);
      client.send(
          Frames.CONTINUATION, Frames.END_HEADERS, 1, Arrays.copyOfRange(block, 11, block.length));
      assertAnswered(client, 1);
    }
  }

  @Test
  void aFrameOfAnotherStreamInsideABlockEndsTheConnection() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.send(Frames.HEADERS, 0, 1, literal(0x40, false));
      client.ping();
      assertTrue(client.connectionLost(Await.LIMIT));
    }
  }

  @Test
  void framesOfUnknownTypesAreIgnored() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.send(0x10, 0, 0, new byte[8]);
      client.send(0xff, 0xff, 77, new byte[0]);
      client.call(1, "/lab.Lab/Echo", "hello");
      assertEquals(5 + 5, client.awaitData(1).payload().length);
    }
  }

  @Test
  void settingsThatHelidonDoesNotKnowAreLeftOut() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client =
            RawClient.to(lab.port(), UNKNOWN_SETTING, 1, INITIAL_WINDOW_SIZE, 100, 8, 1, 0x10, 7)) {
      client.call(1, "/lab.Lab/Flood", "1 1000");
      assertEquals(100, client.awaitData(1).payload().length);
    }
  }

  /** Without END_STREAM these are the headers, with it the trailers. */
  private static byte[] headers(RawClient client, int streamId, int endStream)
      throws InterruptedException {
    return client
        .await(
            "headers",
            frame ->
                frame.type() == Frames.HEADERS
                    && frame.streamId() == streamId
                    && (frame.flags() & Frames.END_STREAM) == endStream)
        .payload();
  }

  /** nginx has no table. */
  @Test
  void aClientWithoutHeaderTableReadsEachAnswer() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port(), HEADER_TABLE_SIZE, 0);
        RawClient usual = RawClient.to(lab.port())) {
      for (int streamId : new int[] {1, 3, 5}) {
        for (RawClient each : new RawClient[] {client, usual}) {
          each.call(streamId, "/lab.Lab/Echo", "hello");
        }
        for (int end : new int[] {0, Frames.END_STREAM}) {
          byte[] block = headers(client, streamId, end);
          assertEquals(
              readByHelidon(headers(usual, streamId, end), usualTable),
              readByHelidon(block, DynamicTable.create(4096)),
              "without what came before");
        }
      }
    }
  }

  private final DynamicTable usualTable = DynamicTable.create(4096);

  private static String readByHelidon(byte[] block, DynamicTable table) {
    Http2FrameData frame =
        new Http2FrameData(
            Http2FrameHeader.create(
                block.length,
                Http2FrameTypes.HEADERS,
                Http2Flag.HeaderFlags.create(Http2Flag.END_OF_HEADERS),
                1),
            BufferData.create(block));
    return Http2Headers.create(null, table, Http2HuffmanDecoder.create(), frame)
        .httpHeaders()
        .toString()
        .replace(" (changing)", "");
  }

  @Test
  void plainHelidonReadsTheWrongValuesBehindAnUnknownSetting() throws Exception {
    try (Lab lab = Lab.plain();
        RawClient client =
            RawClient.to(lab.port(), UNKNOWN_SETTING, 0x0004_0000, INITIAL_WINDOW_SIZE, 100)) {
      // It takes the four bytes after the unknown identifier for those of INITIAL_WINDOW_SIZE, or
      // for nothing at all.
      client.call(1, "/lab.Lab/Flood", "1 1000");
      assertTrue(client.connectionLost(Duration.ofMillis(500)) || client.dataBytes.get() != 100);
    }
  }

  private static void assertAnswered(RawClient client, int streamId) throws InterruptedException {
    client.message(streamId, "hello".getBytes(StandardCharsets.US_ASCII), true);
    assertEquals(5 + 5, client.awaitData(streamId).payload().length);
  }

  private static byte[] literal(int representation, boolean huffmanNames) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (String[] field :
        new String[][] {
          {":scheme", "http"},
          {":method", "POST"},
          {":authority", "127.0.0.1"},
          {":path", "/lab.Lab/Echo"},
          {"content-type", "application/grpc"},
          {"te", "trailers"}
        }) {
      block.write(representation);
      if (huffmanNames && CODED.containsKey(field[0])) {
        byte[] name = HexFormat.of().parseHex(CODED.get(field[0]));
        block.write(0x80 | name.length);
        block.writeBytes(name);
      } else {
        RawClient.string(block, field[0]);
      }
      RawClient.string(block, field[1]);
    }
    return block.toByteArray();
  }

  /**
   * The fields of {@link #literal}, which a client that indexed them has at 62 to 67, the latest
   * first.
   */
  private static byte[] fromDynamicTable() {
    return new byte[] {
      (byte) (0x80 | 67),
      (byte) (0x80 | 66),
      (byte) (0x80 | 65),
      (byte) (0x80 | 64),
      (byte) (0x80 | 63),
      (byte) (0x80 | 62)
    };
  }
}
