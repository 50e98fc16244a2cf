package dev.controlplane.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ByteRangeTest {
  /**
   * Lines of the header are parted by # here. Ranges as start-last; "none" for an empty list,
   * "ignored" for a header that counts not.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bytes=0-0 | 10 | 0-0",
        "bytes=0-9 | 10 | 0-9",
        "bytes=0-10 | 10 | 0-9",
        "bytes=9- | 10 | 9-9",
        "bytes=0- | 10 | 0-9",
        "bytes=10- | 10 | none",
        "bytes=10-20 | 10 | none",
        "bytes=-1 | 10 | 9-9",
        "bytes=-10 | 10 | 0-9",
        "bytes=-11 | 10 | 0-9",
        "bytes=-0 | 10 | none",
        "bytes=0-0 | 0 | ignored",
        "bytes=0- | 0 | ignored",
        "bytes=-5 | 0 | ignored",
        "BYTES=1-2 | 10 | 1-2",
        "bytes=1-2, 4-5 | 10 | 1-2 4-5",
        "bytes=4-5,1-2 | 10 | 4-5 1-2",
        "bytes=1-2,20-30 | 10 | 1-2",
        "bytes=20-30,40- | 10 | none",
        "bytes=1-4,3-5 | 10 | ignored",
        "bytes=0-,-1 | 10 | ignored",
        "bytes=5-4 | 10 | ignored",
        "bytes=- | 10 | ignored",
        "bytes= | 10 | ignored",
        "bytes=, ,| 10 | ignored",
        "bytes=0-1, | 10 | 0-1",
        "bytes=,0-1 | 10 | 0-1",
        "bytes= ,, 0-1,\t, 4-5 ,| 10 | 0-1 4-5",
        "bytes=0-1#4-5 | 10 | 0-1 4-5",
        "bytes=0-1#bytes=4-5 | 10 | ignored",
        "#bytes=0-1 | 10 | ignored",
        "bytes=0-1## , | 10 | 0-1",
        "bytes=-3, 0-1 | 10 | 7-9 0-1",
        "bytes= -3 | 10 | 7-9",
        "bytes=0 -1 | 10 | ignored",
        "bytes=-0,0-1 | 10 | 0-1",
        "bytes=a-b | 10 | ignored",
        "bytes=1-2-3 | 10 | ignored",
        "bytes=+1-2 | 10 | ignored",
        "bytes=1 | 10 | ignored",
        "bytes | 10 | ignored",
        "items=0-1 | 10 | ignored",
        "bytes=0-99999999999999999999 | 10 | 0-9",
        "bytes=99999999999999999999- | 10 | none",
        "bytes=-99999999999999999999 | 10 | 0-9",
        "bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,10-10,11-11,12-12,13-13,14-14,15-15,16-16"
            + " | 99 | ignored",
      })
  void rangesAreThoseOfRfc9110(String header, long size, String expected) {
    assertEquals(expected, shown(ByteRange.parse(List.of(header.split("#", -1)), size)));
  }

  private static String shown(Optional<List<ByteRange>> ranges) {
    if (ranges.isEmpty()) {
      return "ignored";
    }
    return ranges.get().isEmpty()
        ? "none"
        : ranges.get().stream()
            .map(range -> range.start() + "-" + range.last())
            .collect(Collectors.joining(" "));
  }
}
