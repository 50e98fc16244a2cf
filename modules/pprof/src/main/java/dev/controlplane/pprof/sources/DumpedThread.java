package dev.controlplane.pprof.sources;

import static dev.controlplane.pprof.sources.ThreadDump.ascii;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.threads.ThreadFacts;
import java.io.IOException;

/** Reads one thread of a dump after another into the same facts. Not thread-safe. */
final class DumpedThread {
  /** A bound against hostile input, far above what a JVM writes. */
  private static final int MAX_RAW_DEPTH = 1 << 16;

  private static final byte[] TID = ascii("tid");
  private static final byte[] NAME = ascii("name");
  private static final byte[] STATE = ascii("state");
  private static final byte[] VIRTUAL = ascii("virtual");
  private static final byte[] CARRIER = ascii("carrier");
  private static final byte[] PARK_BLOCKER = ascii("parkBlocker");
  private static final byte[] OBJECT = ascii("object");
  private static final byte[] STACK = ascii("stack");

  private final JsonScanner json;
  private final JsonText last;
  private final FrameTexts frames;
  private final ThreadFacts facts = new ThreadFacts();
  private long badStacks;
  private boolean crowded;

  DumpedThread(JsonScanner json, FrameTable table, long room) {
    this.json = json;
    this.last = json.last();
    this.frames = new FrameTexts(last, table, room);
  }

  /** Consumes a thread's object. Returns whether it is one, which means that it has an id. */
  boolean read() throws IOException {
    facts.clear();
    crowded = false;
    json.takeObject(this::entry);
    facts.mounted |= !facts.virtual;
    return facts.id > 0;
  }

  /** What was read last. */
  ThreadFacts facts() {
    return facts;
  }

  /** Whether the stack read last lacks frames because the room for distinct ones was full. */
  boolean crowded() {
    return crowded;
  }

  /** How many stack entries so far were no frames. */
  long badFrames() {
    return frames.bad();
  }

  /** How many stacks so far were no list of texts. */
  long badStacks() {
    return badStacks;
  }

  private void entry() throws IOException {
    if (last.is(STACK)) {
      stack();
    } else if (last.is(TID)) {
      Long id = json.skipUnlessScalar() ? json.takeNumber() : null;
      facts.id = id == null ? 0 : id;
    } else if (last.is(NAME)) {
      facts.name = json.takeTextOrSkip();
    } else if (last.is(STATE)) {
      facts.state = state(json.takeTextOrSkip());
    } else if (last.is(VIRTUAL)) {
      facts.virtual = json.skipUnlessScalar() && json.takeFlag();
    } else if (last.is(CARRIER)) {
      facts.mounted = json.skipUnlessScalar() && json.takeNumber() != null;
    } else if (last.is(PARK_BLOCKER) && json.peek() == '{') {
      json.takeObject(this::blocker);
    } else {
      json.skip();
    }
  }

  private void blocker() throws IOException {
    if (last.is(OBJECT)) {
      String object = json.takeTextOrSkip();
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

  private static Thread.State state(String name) {
    for (Thread.State state : Thread.State.values()) {
      if (state.name().equals(name)) {
        return state;
      }
    }
    return null;
  }
}
