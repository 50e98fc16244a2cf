package dev.controlplane.transport.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.frames.Frames;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Windows and turns, without a socket. */
class FlowControlTest {
  private static final int PREFIX = 5;

  private final FlowControl flow = new FlowControl();
  private final List<String> sent = new ArrayList<>();
  private int room = Integer.MAX_VALUE;

  private final FlowControl.Writer writer =
      new FlowControl.Writer() {
        @Override
        public boolean hasRoom() {
          return room > 0;
        }

        @Override
        public void data(OpenStream stream, int length) {
          stream.copyTo(new byte[length], 0, length);
          room -= length;
          sent.add(stream.id + ":" + length);
        }
      };

  private OpenStream stream(int id, int... messages) {
    OpenStream stream = new OpenStream(id, flow.initialWindow());
    stream.becomeGrpc();
    for (int length : messages) {
      stream.offer(new byte[length]);
    }
    flow.enqueue(stream);
    return stream;
  }

  private List<String> served() {
    sent.clear();
    flow.distribute(writer);
    return sent;
  }

  @Test
  void aFrameTakesAllMessagesOfItsStreamThatFit() {
    stream(1, 10, 20, 30);
    assertEquals(List.of("1:" + (3 * PREFIX + 60)), served());
  }

  @Test
  void streamsTakeTurnsFrameByFrame() {
    stream(1, 20_000);
    stream(3, 20_000);
    assertEquals(List.of("1:16384", "3:16384", "1:3621", "3:3621"), served());
  }

  @Test
  void theWindowOfTheConnectionIsUsedToItsLastByteAndNeverOver() {
    for (int id = 1; id <= 11; id += 2) {
      stream(id, 12_000);
    }
    int all =
        served().stream().mapToInt(s -> Integer.parseInt(s.substring(s.indexOf(':') + 1))).sum();
    assertEquals(Frames.DEFAULT_WINDOW, all);
    assertEquals(List.of(), served());
    assertTrue(flow.connectionGrew(1));
    assertEquals(List.of("11:1"), served());
  }

  @Test
  void aStreamWhoseOwnWindowIsUsedUpHoldsUpNobody() {
    OpenStream full = stream(1);
    full.window = 0;
    full.offer(new byte[10]);
    flow.enqueue(full);
    stream(3, 10);
    assertEquals(List.of("3:15"), served());
    assertTrue(flow.streamGrew(full, 14));
    assertEquals(List.of(), served(), "a small message starts only when it can go out whole");
    assertTrue(flow.streamGrew(full, 1));
    assertEquals(List.of("1:15"), served());
  }

  @Test
  void whatFindsNoRoomGoesOutLaterInTheSameOrder() {
    room = 1;
    stream(1, 10);
    stream(3, 10);
    assertEquals(List.of("1:15"), served());
    room = 1;
    assertEquals(List.of("3:15"), served());
  }

  @Test
  void aWindowEndsAt31Bits() {
    int rest = Integer.MAX_VALUE - Frames.DEFAULT_WINDOW;
    assertTrue(flow.connectionGrew(rest));
    assertFalse(flow.connectionGrew(1));
    OpenStream stream = stream(1);
    assertTrue(flow.streamGrew(stream, rest));
    assertFalse(flow.streamGrew(stream, 1));
  }

  @Test
  void settingsHoldFromTheirAcknowledgementOnInTheirOrder() {
    OpenStream stream = stream(1);
    flow.settingsReceived(100);
    flow.settingsReceived(FlowControl.UNCHANGED);
    flow.settingsReceived(Frames.DEFAULT_WINDOW + 10);
    assertEquals(Frames.DEFAULT_WINDOW, stream.window);
    flow.settingsAcknowledged(List.of(stream));
    assertEquals(100, stream.window);
    assertEquals(100, flow.initialWindow());
    flow.settingsAcknowledged(List.of(stream));
    assertEquals(100, stream.window);
    flow.settingsAcknowledged(List.of(stream));
    assertEquals(Frames.DEFAULT_WINDOW + 10, stream.window);
  }

  @Test
  void aLoweredWindowIsPaidBackBeforeTheStreamSendsAgain() {
    OpenStream stream = stream(1, 1000);
    served();
    flow.settingsReceived(0);
    flow.settingsAcknowledged(List.of(stream));
    assertEquals(-(1000 + PREFIX), stream.window);
    stream.offer(new byte[1]);
    flow.enqueue(stream);
    assertEquals(List.of(), served());
    assertTrue(flow.streamGrew(stream, 1000 + PREFIX));
    assertEquals(List.of(), served());
    assertTrue(flow.streamGrew(stream, 1 + PREFIX));
    assertEquals(List.of("1:6"), served());
  }

  @Test
  void aStreamThatIsGoneSendsNothing() {
    stream(1, 10).lost();
    assertEquals(List.of(), served());
  }
}
