package dev.controlplane.pprof.writers;

import dev.controlplane.pprof.GoroutineProfile;
import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.Stack;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes a goroutine profile like {@code debug=1} (Go: runtime/pprof/pprof.go, printCountProfile
 * and printStackRecord), with columns aligned as by text/tabwriter.
 */
public final class ProfileText {
  private static final int TAB = 8;

  private ProfileText() {}

  public static void write(GoroutineProfile profile, OutputStream out) throws IOException {
    var text = new ByteBuilder(1 << 16);
    text.append("goroutine profile: total ").append(signed(profile.total())).append('\n');
    for (GoroutineProfile.Entry entry : profile.entries()) {
      text.append(signed(entry.count())).append(' ').append(entry.key()).append('\n');
      if (!entry.labelText().isEmpty()) {
        text.append("# labels: ").append(entry.labelText()).append('\n');
      }
      append(text, entry.stack());
      text.append('\n');
      if (text.length() > 1 << 15) {
        text.writeTo(out);
        text.clear();
      }
    }
    text.writeTo(out);
  }

  private static void append(ByteBuilder text, Stack stack) {
    int pcWidth = 0;
    int nameWidth = 0;
    String[] pcs = new String[stack.frames.length];
    String[] names = new String[stack.frames.length];
    for (int i = 0; i < pcs.length; i++) {
      Frame frame = stack.frames[i];
      pcs[i] = "0x" + Long.toHexString(frame.address);
      names[i] =
          frame.function.name + "+0x" + Long.toHexString(frame.address - frame.function.entry);
      pcWidth = Math.max(pcWidth, width(pcs[i]));
      nameWidth = Math.max(nameWidth, width(names[i]));
    }
    for (int i = 0; i < pcs.length; i++) {
      Frame frame = stack.frames[i];
      text.append("#\t");
      appendCell(text, pcs[i], pcWidth);
      appendCell(text, names[i], nameWidth);
      text.append(frame.function.file).append(':').append(frame.line).append('\n');
    }
  }

  /** Appends a cell and at least one tab, up to the next column. */
  private static void appendCell(ByteBuilder text, String cell, int columnWidth) {
    text.append(cell);
    int column = (columnWidth + 1 + TAB - 1) / TAB * TAB;
    for (int at = width(cell); at < column; at = (at / TAB + 1) * TAB) {
      text.append('\t');
    }
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }

  private static String signed(long number) {
    return Long.toString(number);
  }
}
