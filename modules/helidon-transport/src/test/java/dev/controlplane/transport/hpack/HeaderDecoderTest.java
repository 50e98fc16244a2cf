package dev.controlplane.transport.hpack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderDecoderTest {
  private static final int LIMIT = 5000;

  private final HeaderDecoder decoder = new HeaderDecoder(LIMIT);

  /** RFC 7541, appendix C.3 and C.4: three requests, without and with Huffman's code. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "828684410f7777772e6578616d706c652e636f6d"
            + " 828684be58086e6f2d6361636865"
            + " 828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
        "828684418cf1e3c2e5f23a6ba0ab90f4ff"
            + " 828684be5886a8eb10649cbf"
            + " 828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"
      })
  void theStandardsRequestsAreDecoded(String blocks) throws Exception {
    String[] block = blocks.split(" ", 3);
    assertEquals(
        ":method=GET :scheme=http :path=/ :authority=www.example.com", fields(decode(block[0])));
    assertEquals(
        ":method=GET :scheme=http :path=/ :authority=www.example.com cache-control=no-cache",
        fields(decode(block[1])));
    HeaderDecoder.Block third = decode(block[2]);
    assertEquals(
        ":method=GET :scheme=https :path=/index.html :authority=www.example.com"
            + " custom-key=custom-value",
        fields(third));
    assertEquals(5 * 32 + 7 + 3 + 7 + 5 + 5 + 11 + 10 + 15 + 10 + 12, third.size());
  }

  @Test
  void whatIsWrittenStandsAloneAndMeansTheSame() throws Exception {
    decode("828684418cf1e3c2e5f23a6ba0ab90f4ff");
    HeaderDecoder.Block second =
        decode("828684be5886a8eb10649cbf408825a849e95ba97d7f8925a849e95bb8e8b4bf");
    HeaderDecoder.Block again = new HeaderDecoder(LIMIT).decode(second.block());
    assertEquals(fields(second), fields(again));
    assertEquals(second.size(), again.size());
    assertArrayEquals(second.block(), again.block(), "nothing goes into the table");
  }

  @Test
  void entriesLeaveTheTableWhenItIsFullOrMadeSmaller() throws Exception {
    // Each entry is 32 + 1 + 2000 bytes: the third one drives the first one out.
    for (int i = 0; i < 3; i++) {
      decode("40" + "01" + "%02x".formatted('a' + i) + "7fd10e" + "78".repeat(2000));
    }
    assertEquals('c', decode("be").fields().getFirst().name().charAt(0));
    assertEquals('b', decode("bf").fields().getFirst().name().charAt(0));
    assertThrows(HeaderDecoder.CompressionException.class, () -> decode("c0"));
    decode("3fe10f"); // 2048 bytes: room for one
    assertEquals('c', decode("be").fields().getFirst().name().charAt(0));
    assertThrows(HeaderDecoder.CompressionException.class, () -> decode("bf"));
    decode("20");
    assertThrows(HeaderDecoder.CompressionException.class, () -> decode("be"));
  }

  @Test
  void anEntryLargerThanTheTableEmptiesIt() throws Exception {
    decode("400161017a");
    decode("40" + "0162" + "7f811f" + "78".repeat(4096)); // 127 + 3969 bytes
    assertThrows(HeaderDecoder.CompressionException.class, () -> decode("be"));
  }

  @Test
  void aListOverTheLimitIsCountedToItsEndAndNotKept() throws Exception {
    HeaderDecoder.Block block = decode("90".repeat(5_000));
    assertEquals(5_000 * (15 + 13 + 32), block.size());
    assertTrue(block.fields().size() < LIMIT / 32);
    assertTrue(block.block().length < LIMIT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "80", // index 0
        "be", // an index of the empty dynamic table
        "ffffffffff0f", // an index over 2^31
        "ffffffffffffffffff7f",
        "3fe21f", // a table of 4097 bytes
        "8220", // a table size behind a field
        "40", // no name
        "4001", // a name that is cut
        "400161", // no value
        "40016105", // a value that is cut
        "00016181ff", // Huffman's code, padded with a whole byte too much
        "0001618100", // Huffman's code, padded with zeros
        "00016184ffffffff", // the end of string itself
        "7e" // a name of the empty dynamic table
      })
  void whatIsNoBlockIsACompressionError(String block) {
    assertThrows(HeaderDecoder.CompressionException.class, () -> decode(block));
  }

  @Test
  void bytesByChanceAreDecodedOrRefused() {
    Random random = new Random(7);
    HeaderDecoder fuzzed = new HeaderDecoder(LIMIT);
    int decoded = 0;
    for (int i = 0; i < 200_000; i++) {
      byte[] block = new byte[random.nextInt(60)];
      random.nextBytes(block);
      try {
        HeaderDecoder.Block result = fuzzed.decode(block);
        assertTrue(result.fields().size() <= LIMIT / 32);
        decoded++;
      } catch (HeaderDecoder.CompressionException e) {
        fuzzed = new HeaderDecoder(LIMIT);
      }
    }
    assertTrue(decoded > 1000, "only " + decoded);
  }

  private HeaderDecoder.Block decode(String hex) throws HeaderDecoder.CompressionException {
    return decoder.decode(HexFormat.of().parseHex(hex));
  }

  private static String fields(HeaderDecoder.Block block) {
    return block.fields().stream()
        .map(field -> field.name() + "=" + field.value())
        .collect(Collectors.joining(" "));
  }
}
