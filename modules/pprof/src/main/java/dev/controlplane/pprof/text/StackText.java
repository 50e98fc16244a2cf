package dev.controlplane.pprof.text;

import dev.controlplane.pprof.StackStyle;
import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.threads.Creator;
import dev.controlplane.pprof.threads.Goroutine;
import dev.controlplane.pprof.threads.Shapes;
import java.util.IdentityHashMap;

/**
 * Writes goroutines like {@code debug=2} (Go: runtime/traceback.go, goroutineheader, traceback2,
 * printcreatedby), restricted to what gostackparse and panicparse can read: every frame has the
 * arguments {@code (...)} and a line with file and number, where 0 stands for an unknown number.
 * Not thread-safe.
 */
public final class StackText {
  private static final int REMEMBERED = 1 << 14;

  private final StackStyle style;
  private final IdentityHashMap<Stack, byte[]> stacks = new IdentityHashMap<>();

  public StackText(StackStyle style) {
    this.style = style;
  }

  /** Appends a goroutine, without the blank line between goroutines. */
  public void append(ByteBuilder out, Goroutine goroutine) {
    out.append("goroutine ").append(goroutine.id()).append(" [").append(goroutine.state());
    if (!goroutine.labels().isEmpty() && style == StackStyle.GO) {
      out.append(" labels:").append(goroutine.labels().spaced());
    }
    out.append("]:\n").append(frames(goroutine.stack()));
    Creator creator = goroutine.creator();
    if (creator != null) {
      out.append("created by ").append(name(creator.function()));
      if (creator.parent() != 0) {
        out.append(" in goroutine ").append(creator.parent());
      }
      out.append("\n\t").append(file(creator.file())).append(':').append(creator.line());
      out.append('\n');
    }
  }

  private byte[] frames(Stack stack) {
    byte[] known = stacks.get(stack);
    if (known != null) {
      return known;
    }
    var text = new ByteBuilder(1024);
    for (Frame frame : stack.frames) {
      text.append(name(frame.function.name)).append("(...)\n\t");
      text.append(file(frame.function.file())).append(':').append(frame.line).append('\n');
    }
    if (stack.frames.length == Shapes.MAX_DEPTH) {
      text.append("...additional frames elided...\n");
    }
    if (stacks.size() == REMEMBERED) {
      stacks.clear();
    }
    byte[] bytes = text.toByteArray();
    stacks.put(stack, bytes);
    return bytes;
  }

  /** Replaces parentheses, which other JVM languages allow in names, but which end a name here. */
  private String name(String name) {
    String plain = plain(name).replace('(', '_').replace(')', '_');
    if (style == StackStyle.GO) {
      return plain;
    }
    // In a Go name, the package ends at the first dot after the last slash.
    int type = plain.lastIndexOf('.', plain.lastIndexOf('.') - 1);
    return type < 0 ? plain : plain.substring(0, type).replace('.', '/') + plain.substring(type);
  }

  private String file(String file) {
    String plain = plain(file);
    return style == StackStyle.GO || plain.equals(FrameTable.NO_FILE) ? plain : plain + ".go";
  }

  private static String plain(String text) {
    return Lines.oneLine(text).replace('%', '_');
  }
}
