package dev.controlplane.streams;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenStreamTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
  void aMessageMayBeCutAnywhereInItsPrefixToo(int cut) {
    OpenStream stream = new OpenStream(1, 100);
    stream.offer(new byte[] {9, 7, 8, 9}, 1, 2);
    byte[] sent = new byte[7];
    for (int from : List.of(0, cut)) {
      int to = from == 0 ? cut : 7;
      if (to > from) {
        assertEquals(7 - from, stream.remaining());
        stream.copyTo(sent, from, to - from);
      }
    }
    assertArrayEquals(new byte[] {0, 0, 0, 0, 2, 7, 8}, sent);
    assertEquals(0, stream.remaining());
  }
}
