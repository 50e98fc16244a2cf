package dev.controlplane.pprof.sources;

import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.sources.JsonTokens.DamagedException;
import dev.controlplane.pprof.threads.ThreadFacts;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;

/**
 * A streaming reader of the JVM's JSON thread dump ({@code HotSpotDiagnosticMXBean.dumpThreads},
 * {@code jcmd Thread.dump_to_file -format=json}). Its memory grows with the code in the dump, not
 * with the threads. Not thread-safe.
 *
 * <p>It reads all variants: JDK 21 to 24 write no state, JDK 25 writes numbers as texts, JDK 27
 * writes numbers and a format version (openjdk/jdk,
 * src/jdk.management/share/classes/com/sun/management/doc-files/threadDump.schema.json).
 *
 * <p>It is forgiving: unknown parts are skipped. If the dump is damaged, the damage is reported and
 * the threads before it count.
 */
public final class ThreadDump {
  /** Receives the threads as they are read. The facts object is reused for each thread. */
  @FunctionalInterface
  public interface Visitor {
    void thread(ThreadFacts facts) throws IOException;
  }

  /**
   * The outcome of reading a dump.
   *
   * @param threads how many threads were read
   * @param incomplete threads that were skipped because they have no id
   * @param badFrames stack entries that were skipped because they are not of the form {@code
   *     class.method(place)}
   * @param badStacks threads whose stack is no list of texts; what else is in it was skipped
   * @param crowdedOut threads that were skipped because the room for distinct frames was full
   * @param time when the dump was taken; null if unknown
   * @param damage why reading stopped early; null if it did not
   */
  public record Outcome(
      long threads,
      long incomplete,
      long badFrames,
      long badStacks,
      long crowdedOut,
      Instant time,
      String damage) {
    /** An outcome in which every stack is one and had room. */
    public Outcome(long threads, long incomplete, long badFrames, Instant time, String damage) {
      this(threads, incomplete, badFrames, 0, 0, time, damage);
    }
  }

  private static final byte[] THREAD_DUMP = ascii("threadDump");
  private static final byte[] CONTAINERS = ascii("threadContainers");
  private static final byte[] THREADS = ascii("threads");
  private static final byte[] TIME = ascii("time");
  private static final int BOM_FIRST_BYTE = 0xef;

  private final JsonScanner json;
  private final JsonText last;
  private final DumpedThread reader;
  private final Visitor visitor;
  private long threads;
  private long incomplete;
  private long crowdedOut;
  private boolean found;
  private Instant time;

  private ThreadDump(InputStream in, FrameTable table, long room, Visitor visitor) {
    this.json = new JsonScanner(in);
    this.last = json.last();
    this.reader = new DumpedThread(json, table, room);
    this.visitor = visitor;
  }

  /**
   * Reads a dump to its end, or to the first damage.
   *
   * @throws NotAThreadDumpException if it contains no complete thread
   * @throws IOException if the stream or the visitor fails
   */
  public static Outcome read(InputStream in, FrameTable table, Visitor visitor) throws IOException {
    return read(in, table, Long.MAX_VALUE, visitor);
  }

  /**
   * Reads a dump of unknown origin, which may be gzipped or in UTF-16, to its end or to the first
   * damage.
   *
   * @param room bytes that the table may take; threads with more frames are left out when it is
   *     full
   * @throws NotAThreadDumpException if it contains no complete thread
   * @throws IOException if the stream or the visitor fails
   */
  public static Outcome readAny(InputStream in, FrameTable table, long room, Visitor visitor)
      throws IOException {
    return read(DumpInput.open(in), table, room, visitor);
  }

  private static Outcome read(InputStream in, FrameTable table, long room, Visitor visitor)
      throws IOException {
    return new ThreadDump(in, table, room, visitor).read();
  }

  private Outcome read() throws IOException {
    String damage = null;
    try {
      int first = json.peek();
      if (first < 0) {
        throw new NotAThreadDumpException("it is empty");
      }
      if (first == BOM_FIRST_BYTE) {
        first = json.skipByteOrderMark();
      }
      if (first != '{') {
        throw new NotAThreadDumpException(
            "it is not JSON: write it with jcmd <pid> Thread.dump_to_file -format=json <file>");
      }
      json.takeObject(this::dump);
      if (json.peek() >= 0) {
        damage = "it goes on after its end at byte " + json.offset();
      }
    } catch (DamagedException e) {
      damage = e.getMessage();
    }
    if (threads == 0) {
      String reason =
          found
              ? "it has no thread"
              : "it has no \"threadDump\", so it is no thread dump: write one with jcmd <pid>"
                  + " Thread.dump_to_file -format=json <file>";
      throw new NotAThreadDumpException(damage == null ? reason : damage);
    }
    return new Outcome(
        threads, incomplete, reader.badFrames(), reader.badStacks(), crowdedOut, time, damage);
  }

  private void dump() throws IOException {
    if (last.is(THREAD_DUMP) && json.peek() == '{') {
      found = true;
      json.takeObject(this::containers);
    } else {
      json.skip();
    }
  }

  private void containers() throws IOException {
    if (last.is(CONTAINERS)) {
      json.takeObjects(() -> json.takeObject(this::container));
    } else if (last.is(TIME)) {
      time = instant(json.takeTextOrSkip());
    } else {
      json.skip();
    }
  }

  private void container() throws IOException {
    if (last.is(THREADS)) {
      json.takeObjects(this::thread);
    } else {
      json.skip();
    }
  }

  private void thread() throws IOException {
    if (!reader.read()) {
      incomplete++;
      return;
    }
    threads++;
    if (reader.crowded()) {
      crowdedOut++;
    } else {
      visitor.thread(reader.facts());
    }
  }

  private static Instant instant(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
