package dev.controlplane.transport.http2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenStreamTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
  void aMessageMayBeCutAnywhereInItsPrefixToo(int cut) {
    OpenStream stream = grpcStream(100);
    stream.offer(new byte[] {7, 8});
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

  @Test
  void messagesThatWaitGoOutInTheirOrderAndAreBounded() {
    OpenStream stream = grpcStream(100);
    int taken = 0;
    while (stream.takes(1)) {
      stream.offer(new byte[] {(byte) taken++});
    }
    assertEquals(1 + OpenStream.MAX_WAITING, taken);
    for (int i = 0; i < 3 * taken; i++) {
      assertEquals(6, stream.remaining());
      byte[] sent = new byte[6];
      stream.copyTo(sent, 0, 6);
      assertEquals((byte) i, sent[5]);
      assertTrue(stream.takes(1));
      stream.offer(new byte[] {(byte) (i + taken)});
    }
    stream.withdraw();
    assertEquals(0, stream.remaining());
    assertTrue(stream.takes(Integer.MAX_VALUE));
    stream.offer(new byte[1]);
    assertFalse(stream.takes(OpenStream.MAX_WAITING_BYTES + 1));
    assertTrue(stream.takes(OpenStream.MAX_WAITING_BYTES));
    stream.offer(new byte[OpenStream.MAX_WAITING_BYTES]);
    assertFalse(stream.takes(1));
  }

  @Test
  void eachMessageKeepsItsCompressedFlagHoweverTheRingTurns() {
    OpenStream stream = grpcStream(100);
    int offered = 0;
    int got = 0;
    for (int round = 0; round < 5; round++) {
      while (stream.takes(1)) {
        stream.offer(new byte[] {(byte) offered}, isCompressed(offered++));
      }
      for (int i = 0; i < 5; i++) {
        byte[] sent = new byte[6];
        stream.copyTo(sent, 0, 6);
        assertEquals((byte) got, sent[5]);
        assertEquals(isCompressed(got++) ? 1 : 0, sent[0], "message " + got);
      }
    }
  }

  private static boolean isCompressed(int message) {
    return message % 3 == 0 || message % 7 == 1;
  }

  @Test
  void whatTheWindowTakesIsWholeMessagesAndPartsOfLongOnes() {
    OpenStream stream = grpcStream(0);
    stream.offer(new byte[10]);
    stream.offer(new byte[20]);
    stream.offer(new byte[300]);
    int small = 100;
    // By the window: what of 15, 25 and 305 bytes may go out.
    Map<Integer, Integer> expected = new TreeMap<>();
    expected.putAll(Map.of(-1, 0, 0, 0, 14, 0, 15, 15, 39, 15, 40, 40, 139, 40, 140, 140));
    expected.putAll(Map.of(344, 344, 345, 345, 1000, 345));
    expected.forEach(
        (window, sendable) -> {
          stream.window = window;
          assertEquals((long) sendable, stream.sendable(small), "window " + window);
        });

    byte[] frame = new byte[141];
    stream.copyTo(frame, 0, 141);
    assertEquals(10, frame[4]);
    assertEquals(20, frame[15 + 4]);
    stream.window = 1;
    assertEquals(1, stream.sendable(small), "one that has begun goes on");
  }

  @Test
  void ofABodyAnyPartGoesOutAndAllOfItInOrder() {
    OpenStream stream = new OpenStream(1, 0);
    int offered = 0;
    // More than a ring has at first: Helidon does not ask.
    for (int i = 0; i < 3 * OpenStream.MAX_WAITING; i++) {
      stream.offer(new byte[] {(byte) offered++, (byte) offered++, (byte) offered++});
    }
    for (int got = 0; got < offered; ) {
      stream.window = -5;
      assertEquals(0, stream.sendable(100));
      stream.window = 2;
      int count = (int) stream.sendable(100);
      byte[] sent = new byte[count];
      stream.copyTo(sent, 0, count);
      for (byte b : sent) {
        assertEquals((byte) got++, b);
      }
    }
    stream.window = 100;
    assertEquals(0, stream.sendable(100));
  }

  private static OpenStream grpcStream(int window) {
    OpenStream stream = new OpenStream(1, window);
    stream.becomeGrpc();
    return stream;
  }
}
