package dev.controlplane.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FatalErrorsTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final EventLog log = new EventLog("test", out, Clock.systemUTC());
  private final AtomicInteger halts = new AtomicInteger();
  private final FatalErrors watch = new FatalErrors("test", log, out, halts::incrementAndGet);

  private String line() {
    assertEquals(1, halts.get());
    String text = out.toString(StandardCharsets.UTF_8);
    assertEquals(1, text.lines().count(), text);
    assertTrue(text.contains("event=out-of-memory"), text);
    return text;
  }

  @Test
  void theErrorEndsTheProcessWithOneLine() {
    watch.endIfIn(new OutOfMemoryError("Java heap space"));
    assertTrue(line().contains("reason=\"Java heap space\""));
  }

  @Test
  void theErrorIsFoundBehindTheExceptionsThatItCaused() {
    Error error = new OutOfMemoryError("Java heap space");
    watch.endIfIn(new IllegalStateException(new IllegalArgumentException(error)));
    line();
  }

  @Test
  void manyThreadsWithoutMemoryWriteOneLine() {
    watch.endIfIn(new OutOfMemoryError("first"));
    watch.endIfIn(new OutOfMemoryError("second"));
    assertTrue(line().contains("first"));
  }

  @Test
  void aLineIsWrittenAlsoWhereNoMemoryIsLeftForIt() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new OutOfMemoryError("again");
          }
        };
    EventLog broken = new EventLog("test", full, Clock.systemUTC());
    new FatalErrors("test", broken, out, halts::incrementAndGet)
        .endIfIn(new OutOfMemoryError("Java heap space"));
    line();
  }

  @Test
  void otherFailuresEndNothing() {
    watch.endIfIn(new StackOverflowError());
    Exception circle = new IllegalStateException();
    circle.initCause(new IllegalArgumentException(circle));
    watch.endIfIn(circle);
    assertEquals(0, halts.get());
  }
}
