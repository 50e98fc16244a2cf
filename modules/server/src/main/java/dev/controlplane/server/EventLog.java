package dev.controlplane.server;

import dev.controlplane.server.settings.Settings;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.SocketAddress;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * The log of a server: one line per event on stderr, as {@code key=value} pairs or JSON. A line
 * that is logged while the thread handles a request also has the client's address. Lines are
 * written whole and until the very end of the process. {@code java.util.logging} closes its
 * handlers when the shutdown begins, which is when operators need the log most. Thread-safe.
 */
public final class EventLog {
  /**
   * Kept in a field, because {@code java.util.logging} forgets the level of a logger that nothing
   * references.
   */
  private static final Logger OURS = Logger.getLogger("dev.controlplane");

  /** RFC 3339, always with milliseconds, so that lines sort as text. */
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

  private final ReentrantLock lock = new ReentrantLock();
  private final String server;
  private final OutputStream out;
  private final Clock clock;
  private volatile Consumer<Throwable> onFailure = failure -> {};
  private volatile Level least = Level.INFO;
  private volatile LogFormat format = LogFormat.TEXT;

  /** The importance of an event, highest first. */
  enum Level {
    ERROR,
    WARNING,
    INFO,
    /** Routine messages of libraries. */
    DEBUG
  }

  /** Creates the log of a server that writes to {@code out}. */
  public EventLog(String server, OutputStream out, Clock clock) {
    this.server = server;
    this.out = out;
    this.clock = clock;
  }

  /** Creates the log of a server's process. Writing to it never blocks. */
  static EventLog ofProcess(String server, LogOutput out) {
    EventLog log = new EventLog(server, out, Clock.systemUTC());
    out.onLost(lost -> log.lines(Level.WARNING, "log-lines-dropped", null, "lines", lost));
    return log;
  }

  /** Applies LOG_LEVEL and LOG_FORMAT. Before this call they are info and text. */
  void follow(Settings settings) {
    least = settings.choice("log-level", Level.class);
    format = settings.choice("log-format", LogFormat.class);
    Logger.getLogger("")
        .setLevel(
            least == Level.DEBUG ? java.util.logging.Level.INFO : java.util.logging.Level.WARNING);
    OURS.setLevel(
        least == Level.DEBUG ? java.util.logging.Level.FINE : java.util.logging.Level.INFO);
  }

  /** The server's name in each line. */
  String server() {
    return server;
  }

  /** Passes every failure to {@code look} before it is logged. */
  void onFailure(Consumer<Throwable> look) {
    onFailure = look;
  }

  /** Logs details that are needed only for debugging. */
  void debug(String event, Object... pairs) {
    write(Level.DEBUG, event, null, pairs);
  }

  /** Logs an event that an operator may want to know. Keys and values alternate. */
  public void info(String event, Object... pairs) {
    write(Level.INFO, event, null, pairs);
  }

  /** Logs an event that an operator should look at when there is time. */
  public void warn(String event, Object... pairs) {
    write(Level.WARNING, event, null, pairs);
  }

  /** Logs a failure that an operator must look at. */
  public void error(String event, Object... pairs) {
    write(Level.ERROR, event, null, pairs);
  }

  /** Reports a failure that was answered to a client and needs no line of its own. */
  public void answered(Throwable failure) {
    onFailure.accept(failure);
  }

  /** Logs a failure of this server (not of a client) with its stack trace. */
  public void error(String event, Throwable cause, Object... pairs) {
    onFailure.accept(cause);
    write(Level.ERROR, event, cause, pairs);
  }

  private void write(Level level, String event, Throwable cause, Object... pairs) {
    if (level.compareTo(least) <= 0) {
      write(lines(level, event, cause, pairs));
    }
  }

  private byte[] lines(Level level, String event, Throwable cause, Object... pairs) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("time", TIME.format(Instant.now(clock)));
    all.put("level", level.name().toLowerCase(Locale.ROOT));
    all.put("server", server);
    all.put("event", event);
    SocketAddress client = Peer.current();
    if (client != null) {
      all.put("peer", Peer.text(client));
    }
    for (int i = 0; i + 1 < pairs.length; i += 2) {
      all.put(pairs[i].toString(), pairs[i + 1]);
    }
    return format.event(all, cause == null ? null : trace(cause));
  }

  private static String trace(Throwable cause) {
    StringWriter trace = new StringWriter();
    cause.printStackTrace(new PrintWriter(trace));
    return trace.toString().stripTrailing();
  }

  /** Writes an encoded line, including its line end. */
  void write(byte[] line) {
    lock.lock();
    try {
      out.write(line);
    } catch (IOException e) {
      // There is nowhere left to report it.
    } finally {
      lock.unlock();
    }
  }

  /** Waits briefly until all lines are written. To be called before the process ends. */
  void flush() {
    try {
      out.flush();
    } catch (IOException e) {
      // There is nowhere left to report it.
    }
  }

  /**
   * Redirects {@code java.util.logging} into this log: warnings and errors of all libraries, and
   * the info messages of our own.
   */
  void takeOverLibraryLogs() {
    Logger root = Logger.getLogger("");
    for (Handler handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    root.setLevel(java.util.logging.Level.WARNING);
    OURS.setLevel(java.util.logging.Level.INFO);
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
            int level = entry.getLevel().intValue();
            if (level < java.util.logging.Level.WARNING.intValue()) {
              boolean ours = logger.startsWith(OURS.getName());
              if (ours && level >= java.util.logging.Level.INFO.intValue()) {
                info("library", "logger", logger, "message", message);
              } else {
                debug("library", "logger", logger, "message", message);
              }
              return;
            }
            if (level >= java.util.logging.Level.SEVERE.intValue() && thrown != null) {
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
