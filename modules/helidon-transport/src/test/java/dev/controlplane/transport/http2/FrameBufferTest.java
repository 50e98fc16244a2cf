package dev.controlplane.transport.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.frames.Frames;
import io.helidon.common.buffers.BufferData;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrameBufferTest {
  private final FrameBuffer buffer = new FrameBuffer();

  @Test
  void noFrameGoesOutInsideAHeaderBlock() {
    headers(Frames.HEADERS, 0);
    buffer.control(Frames.ping(1));
    buffer.control(Frames.reset(3, Frames.CANCEL));
    assertFalse(buffer.hasRoom(), "DATA waits too");
    headers(Frames.CONTINUATION, 0);
    buffer.control(Frames.windowUpdate(0, 1));
    headers(Frames.CONTINUATION, Frames.END_HEADERS);
    assertTrue(buffer.hasRoom());
    assertEquals(
        List.of(
            Frames.HEADERS,
            Frames.CONTINUATION,
            Frames.CONTINUATION,
            Frames.PING,
            Frames.RST_STREAM,
            Frames.WINDOW_UPDATE),
        types());
  }

  @Test
  void whatWaitsIsBounded() {
    byte[] frame = new byte[Frames.HEADER];
    int payload = 1 << 20;
    int count = 0;
    while (!buffer.isTooMuch(payload)) {
      buffer.append(frame, BufferData.create(new byte[payload]));
      count++;
    }
    assertEquals(FrameBuffer.MAX_PENDING / (payload + Frames.HEADER), count);
    assertFalse(buffer.hasRoom());
    buffer.take(null);
    assertTrue(buffer.hasRoom());
    assertFalse(buffer.isTooMuch(payload));
  }

  private void headers(int type, int flags) {
    byte[] header = new byte[Frames.HEADER];
    Frames.putHeader(header, 0, 10, type, flags, 1);
    buffer.headerBlock(header, BufferData.create(new byte[10]));
  }

  private List<Integer> types() {
    FrameBuffer.Batch batch = buffer.take(null);
    List<Integer> types = new ArrayList<>();
    for (int at = 0; at < batch.length(); ) {
      types.add(Frames.type(batch.bytes(), at));
      at += Frames.HEADER + Frames.length(batch.bytes(), at);
    }
    return types;
  }
}
