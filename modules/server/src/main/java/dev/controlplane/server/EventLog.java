package dev.controlplane.server;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * The log of a server: one line of {@code key=value} pairs per event that matters, on stderr. Lines
 * are written whole, and until the very end of the process: {@code java.util.logging} closes its
 * handlers when shutdown begins, which is when an operator looks most closely.
 */
public final class EventLog {
  /** Held, for {@code java.util.logging} forgets the levels of loggers that nobody holds. */
  private static final Logger OURS = Logger.getLogger("dev.controlplane");

  private final ReentrantLock lock = new ReentrantLock();
  private final String server;
  private final OutputStream out;
  private final Clock clock;
  private volatile Consumer<Throwable> onFailure = failure -> {};

  /** A log of a server that goes to {@code out}. */
  public EventLog(String server, OutputStream out, Clock clock) {
    this.server = server;
    this.out = out;
    this.clock = clock;
  }

  /** The name that its lines have for the server. */
  String server() {
    return server;
  }

  /** Shows every failure to {@code look} before the failure is logged. */
  void onFailure(Consumer<Throwable> look) {
    onFailure = look;
  }

  /** Something happened that an operator may want to know. Keys and values alternate. */
  public void info(String event, Object... pairs) {
    write("info", event, pairs);
  }

  /** Something an operator should look at when there is time. */
  public void warn(String event, Object... pairs) {
    write("warning", event, pairs);
  }

  /** Something failed that an operator must look at. */
  public void error(String event, Object... pairs) {
    write("error", event, pairs);
  }

  /** A failure that is answered, and not logged. */
  public void answered(Throwable failure) {
    onFailure.accept(failure);
  }

  /** Something is broken here, not at a client; the stack trace follows. */
  public void error(String event, Throwable cause, Object... pairs) {
    onFailure.accept(cause);
    StringBuilder line = line("error", event, pairs);
    StringWriter trace = new StringWriter();
    cause.printStackTrace(new PrintWriter(trace));
    write(line.append('\n').append(trace.toString().stripTrailing()));
  }

  private void write(String level, String event, Object... pairs) {
    write(line(level, event, pairs));
  }

  private StringBuilder line(String level, String event, Object... pairs) {
    return line(server, clock, level, event, pairs);
  }

  static StringBuilder line(
      String server, Clock clock, String level, String event, Object... pairs) {
    StringBuilder line = new StringBuilder(160);
    pair(line, "time", Instant.now(clock).truncatedTo(ChronoUnit.MILLIS));
    pair(line, "level", level);
    pair(line, "server", server);
    pair(line, "event", event);
    for (int i = 0; i + 1 < pairs.length; i += 2) {
      pair(line, pairs[i].toString(), pairs[i + 1]);
    }
    return line;
  }

  private void write(StringBuilder line) {
    write(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Writes a line that was made before, with its end. */
  void write(byte[] line) {
    lock.lock();
    try {
      out.write(line);
    } catch (IOException e) {
      // nowhere left to say so
    } finally {
      lock.unlock();
    }
  }

  /** Waits until all lines are written, but never for long; before the process ends. */
  void flush() {
    try {
      out.flush();
    } catch (IOException e) {
      // nowhere left to say so
    }
  }

  private static void pair(StringBuilder line, String key, Object value) {
    if (!line.isEmpty()) {
      line.append(' ');
    }
    line.append(key).append('=');
    String text = String.valueOf(value);
    if (!text.isEmpty() && text.chars().allMatch(EventLog::isPlain)) {
      line.append(text);
      return;
    }
    line.append('"');
    text.codePoints().forEach(c -> quote(line, c));
    line.append('"');
  }

  private static boolean isPlain(int c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
  }

  private static void quote(StringBuilder line, int c) {
    if (c == '"' || c == '\\') {
      line.append('\\').append((char) c);
    } else if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
      line.append(String.format(Locale.ROOT, "\\u%04x", c));
    } else {
      line.appendCodePoint(c);
    }
  }

  /** Makes the libraries' warnings, and of our own libraries also less, lines of this log. */
  void takeOverLibraryLogs() {
    Logger root = Logger.getLogger("");
    for (Handler handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    root.setLevel(Level.WARNING);
    OURS.setLevel(Level.INFO);
    root.addHandler(
        new Handler() {
          private final SimpleFormatter formatter = new SimpleFormatter();

          @Override
          public void publish(LogRecord entry) {
            Throwable thrown = entry.getThrown();
            if (thrown != null) {
              onFailure.accept(thrown);
            }
            String logger = String.valueOf(entry.getLoggerName());
            String message = formatter.formatMessage(entry);
            if (entry.getLevel().intValue() < Level.WARNING.intValue()) {
              info("library", "logger", logger, "message", message);
              return;
            }
            if (entry.getLevel().intValue() >= Level.SEVERE.intValue() && thrown != null) {
              error("library", thrown, "logger", logger, "message", message);
            } else {
              warn("library", "logger", logger, "message", message, "cause", thrown);
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        });
  }
}
