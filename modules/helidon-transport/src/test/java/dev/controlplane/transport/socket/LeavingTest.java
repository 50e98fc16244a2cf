package dev.controlplane.transport.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.Await;
import dev.controlplane.transport.Lab;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that leave before their request is whole, and what the log says of them. */
class LeavingTest {
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static final List<String> HALF_PREFACES = List.of("P", "PRI * HT");

  /** Frames that end too soon: 9 bytes of each are its head. */
  private static final List<String> HALF_FRAMES =
      List.of(PREFACE, PREFACE + "\0\0\0\4", PREFACE + "\0\0\0\4\0\0\0\0\0\0\0\50\1\4\0\0\0\1abc");

  private final BlockingQueue<String> warnings = new LinkedBlockingQueue<>();
  private final Logger helidon = Logger.getLogger("io.helidon");
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord event) {
          if (event.getLevel().intValue() >= Level.WARNING.intValue()) {
            warnings.add(event.getMessage());
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeEach
  void listen() {
    helidon.addHandler(handler);
  }

  @AfterEach
  void forget() {
    helidon.removeHandler(handler);
  }

  /** Sends each text on a connection of its own, and leaves. */
  private static void leaveAfter(List<String> texts, int port) throws IOException {
    for (String text : texts) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      }
    }
  }

  @Test
  void plainHelidonWarnsOfAClientThatLeavesAfterThePreface() throws Exception {
    try (Lab lab = Lab.plain()) {
      leaveAfter(HALF_FRAMES.subList(0, 1), lab.port());
      Await.until("a warning", Await.LIMIT, () -> !warnings.isEmpty());
    }
    assertTrue(warnings.peek().contains("unexpected exception"), warnings::toString);
  }

  @Test
  void aClientThatLeavesInTheMiddleOfAPrefaceIsCountedAndNobodyWhoLeavesIsWarnedOf()
      throws Exception {
    try (Lab lab = Lab.guarded()) {
      long before = Leaving.count();
      leaveAfter(HALF_FRAMES, lab.port());
      leaveAfter(HALF_PREFACES, lab.port());
      Await.until(
          "those who left are counted",
          Await.LIMIT,
          () -> Leaving.count() >= before + HALF_PREFACES.size());
    }
    assertEquals(List.of(), List.copyOf(warnings));
  }
}
