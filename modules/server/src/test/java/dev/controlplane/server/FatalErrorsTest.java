package dev.controlplane.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class FatalErrorsTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final EventLog log = new EventLog("test", out, Clock.systemUTC());
  private final List<Integer> halts = new ArrayList<>();
  private final FatalErrors watch = new FatalErrors(log, halts::add);

  private String line() {
    return line(3, "out-of-memory");
  }

  private String line(int status, String event) {
    assertEquals(List.of(status), halts);
    String text = out.toString(StandardCharsets.UTF_8);
    assertEquals(1, text.lines().count(), text);
    assertTrue(text.contains("event=" + event), text);
    return text;
  }

  @Test
  void aLackOfMemoryEndsTheProcessWithOneLine() {
    watch.endIfIn(new OutOfMemoryError("Java heap space"));
    assertTrue(line().contains("reason=\"Java heap space\""));
  }

  @Test
  void aLackOfMemoryIsFoundBehindTheExceptionsThatItCaused() {
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
    AtomicBoolean full = new AtomicBoolean(true);
    OutputStream once =
        new OutputStream() {
          @Override
          public void write(int b) {
            if (full.getAndSet(false)) {
              throw new OutOfMemoryError("again");
            }
            out.write(b);
          }
        };
    EventLog broken = new EventLog("test", once, Clock.systemUTC());
    new FatalErrors(broken, halts::add).endIfIn(new OutOfMemoryError("Java heap space"));
    line();
  }

  @Test
  void aClassThatCanNotBeInitializedEndsTheProcess() {
    watch.endIfIn(
        new IllegalStateException(new ExceptionInInitializerError(new IOException("no file"))));
    assertTrue(line(70, "class-unusable").contains("no file"));
  }

  @Test
  void aClassThatCouldNotBeInitializedBeforeEndsTheProcess() {
    watch.endIfIn(new NoClassDefFoundError("Could not initialize class Zones"));
    assertTrue(line(70, "class-unusable").contains("Zones"));
  }

  @Test
  void otherFailuresEndNothing() {
    watch.endIfIn(new StackOverflowError());
    Exception circle = new IllegalStateException();
    circle.initCause(new IllegalArgumentException(circle));
    watch.endIfIn(circle);
    assertEquals(List.of(), halts);
  }
}
