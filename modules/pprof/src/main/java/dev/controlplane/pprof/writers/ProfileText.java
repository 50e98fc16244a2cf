package dev.controlplane.pprof.writers;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes a profile of one count like {@code debug=1} (Go: runtime/pprof/pprof.go, printCountProfile
 * and printStackRecord), with columns aligned as by text/tabwriter.
 *
 * @since 0.2.0
 */
public final class ProfileText {
  private static final int TAB = 8;

  private ProfileText() {}

  /** Writes {@code NAME profile: total N} and the stacks, by the profile's first type. */
  public static void write(Profile profile, OutputStream out) throws IOException {
    var text = new ByteBuilder(1 << 16);
    text.append(profile.sampleTypes().get(0).type()).append(" profile: total ");
    text.append(Long.toString(profile.total(0))).append('\n');
    for (SortedSample sample : SortedSample.of(profile)) {
      text.append(Long.toString(sample.values[0])).append(" @");
      appendAddresses(text, sample.stack);
      if (!sample.labelText().isEmpty()) {
        text.append("# labels: ").append(sample.labelText()).append('\n');
      }
      appendFrames(text, sample.stack);
      text.append('\n');
      if (text.length() > 1 << 15) {
        text.writeTo(out);
        text.clear();
      }
    }
    text.writeTo(out);
  }

  /** Appends the return addresses, leaf first, and the end of the line. */
  private static void appendAddresses(ByteBuilder text, Stack stack) {
    for (Frame frame : stack.frames) {
      text.append(" 0x").append(Long.toHexString(frame.address + 1));
    }
    if (stack.frames.length == 0) {
      text.append(" 0x1"); // pprof rejects a record without any address
    }
    text.append('\n');
  }

  private static void appendFrames(ByteBuilder text, Stack stack) {
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
}
