package dev.controlplane.pprof.sources;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.ThreadFacts;
import dev.controlplane.pprof.sources.JsonTokens.DamagedException;
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

  /** A bound against hostile input, far above what a JVM writes. */
  private static final int MAX_RAW_DEPTH = 1 << 16;

  private static final byte[] THREAD_DUMP = ascii("threadDump");
  private static final byte[] CONTAINERS = ascii("threadContainers");
  private static final byte[] THREADS = ascii("threads");
  private static final byte[] TIME = ascii("time");
  private static final byte[] TID = ascii("tid");
  private static final byte[] NAME = ascii("name");
  private static final byte[] STATE = ascii("state");
  private static final byte[] VIRTUAL = ascii("virtual");
  private static final byte[] CARRIER = ascii("carrier");
  private static final byte[] PARK_BLOCKER = ascii("parkBlocker");
  private static final byte[] OBJECT = ascii("object");
  private static final byte[] STACK = ascii("stack");
  private static final int BOM_FIRST_BYTE = 0xef;

  private final JsonScanner json;
  private final JsonText last;
  private final FrameTexts frames;
  private final Visitor visitor;
  private final ThreadFacts facts = new ThreadFacts();
  private long threads;
  private long incomplete;
  private long badStacks;
  private long crowdedOut;
  private boolean crowded;
  private boolean found;
  private Instant time;

  private ThreadDump(InputStream in, FrameTable table, long room, Visitor visitor) {
    this.json = new JsonScanner(in);
    this.last = json.last();
    this.frames = new FrameTexts(last, table, room);
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
      object(this::dump);
      if (json.peek() >= 0) {
        damage = "it goes on after its end at byte " + json.offset();
      }
    } catch (DamagedException e) {
      damage = e.getMessage();
    }
    if (threads == 0) {
      String reason = found ? "it has no thread" : "it has no \"threadDump\"";
      throw new NotAThreadDumpException(damage == null ? reason : damage);
    }
    return new Outcome(threads, incomplete, frames.bad(), badStacks, crowdedOut, time, damage);
  }

  @FunctionalInterface
  private interface Entry {
    /** Consumes the value of the entry whose name was just consumed. */
    void read() throws IOException;
  }

  private void object(Entry entry) throws IOException {
    if (json.takeOpen('{', '}')) {
      do {
        json.takeName();
        entry.read();
      } while (json.takeMore('}'));
    }
  }

  /** Reads the objects of an array. Other values are skipped. */
  private void objects(Entry element) throws IOException {
    if (json.peek() != '[') {
      json.skip();
    } else if (json.takeOpen('[', ']')) {
      do {
        if (json.peek() == '{') {
          element.read();
        } else {
          json.skip();
        }
      } while (json.takeMore(']'));
    }
  }

  private void dump() throws IOException {
    if (last.is(THREAD_DUMP) && json.peek() == '{') {
      found = true;
      object(this::containers);
    } else {
      json.skip();
    }
  }

  private void containers() throws IOException {
    if (last.is(CONTAINERS)) {
      objects(() -> object(this::container));
    } else if (last.is(TIME)) {
      time = instant(text());
    } else {
      json.skip();
    }
  }

  private void container() throws IOException {
    if (last.is(THREADS)) {
      objects(this::thread);
    } else {
      json.skip();
    }
  }

  private void thread() throws IOException {
    facts.clear();
    crowded = false;
    object(this::threadEntry);
    if (facts.id > 0 && crowded) {
      threads++;
      crowdedOut++;
    } else if (facts.id > 0) {
      facts.mounted |= !facts.virtual;
      threads++;
      visitor.thread(facts);
    } else {
      incomplete++;
    }
  }

  private void threadEntry() throws IOException {
    if (last.is(STACK)) {
      stack();
    } else if (last.is(TID)) {
      Long id = scalar() ? json.takeNumber() : null;
      facts.id = id == null ? 0 : id;
    } else if (last.is(NAME)) {
      facts.name = text();
    } else if (last.is(STATE)) {
      facts.state = state(text());
    } else if (last.is(VIRTUAL)) {
      facts.virtual = scalar() && json.takeFlag();
    } else if (last.is(CARRIER)) {
      facts.mounted = scalar() && json.takeNumber() != null;
    } else if (last.is(PARK_BLOCKER) && json.peek() == '{') {
      object(this::blocker);
    } else {
      json.skip();
    }
  }

  private void blocker() throws IOException {
    if (last.is(OBJECT)) {
      String object = text();
      int at = object.lastIndexOf('@');
      facts.blocker = at < 0 ? object : object.substring(0, at);
    } else {
      json.skip();
    }
  }

  private void stack() throws IOException {
    facts.depth = 0;
    boolean texts = json.peek() == '[';
    if (!texts) {
      json.skip();
    } else if (json.takeOpen('[', ']')) {
      do {
        if (json.peek() == '"') {
          json.takeText();
          frame();
        } else {
          json.skip();
          texts = false;
        }
      } while (json.takeMore(']'));
    }
    badStacks += texts ? 0 : 1;
  }

  private void frame() {
    if (!crowded) {
      Frame frame = frames.frame();
      crowded = frames.crowded();
      if (frame != null && facts.depth < MAX_RAW_DEPTH) {
        facts.add(frame);
      }
    }
  }

  /** Whether the next value is a text, number or the like. An object or array is skipped. */
  private boolean scalar() throws IOException {
    int next = json.peek();
    if (next == '{' || next == '[') {
      json.skip();
      return false;
    }
    return true;
  }

  private String text() throws IOException {
    if (json.peek() != '"') {
      json.skip();
      return "";
    }
    json.takeText();
    return last.string();
  }

  private static Instant instant(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  private static Thread.State state(String name) {
    for (Thread.State state : Thread.State.values()) {
      if (state.name().equals(name)) {
        return state;
      }
    }
    return null;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
