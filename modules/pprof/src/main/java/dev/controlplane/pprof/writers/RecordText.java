package dev.controlplane.pprof.writers;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.text.ByteBuilder;
import dev.controlplane.pprof.text.Lines;

/**
 * The stack of a record in Go's legacy texts (runtime/pprof/pprof.go, printStackRecord): the line
 * of return addresses, then a line for each frame, with columns aligned as by text/tabwriter.
 *
 * <p>The texts of the last stack are kept: samples that differ in their labels only follow each
 * other. Not thread-safe.
 */
final class RecordText {
  private static final int TAB = 8;

  private final ByteBuilder scratch = new ByteBuilder(1 << 12);
  private Stack last;
  private byte[] addresses;
  private byte[] frames;

  /** Appends {@code @} and the return addresses, leaf first, and ends the line. */
  void appendAddresses(ByteBuilder text, Stack stack) {
    spell(stack);
    text.append(addresses);
  }

  /** Appends the frames, and a blank line. */
  void appendFrames(ByteBuilder text, Stack stack) {
    spell(stack);
    text.append(frames);
  }

  private void spell(Stack stack) {
    if (stack.equals(last)) {
      return;
    }
    last = stack;
    scratch.clear();
    spellAddresses(scratch, stack);
    addresses = scratch.toByteArray();
    scratch.clear();
    spellFrames(scratch, stack);
    frames = scratch.toByteArray();
  }

  private static void spellAddresses(ByteBuilder text, Stack stack) {
    text.append('@');
    for (Frame frame : stack.frames) {
      text.append(" 0x").append(Long.toHexString(frame.address + 1));
    }
    if (stack.frames.length == 0) {
      text.append(" 0x1"); // pprof rejects a record without any address
    }
    text.append('\n');
  }

  private static void spellFrames(ByteBuilder text, Stack stack) {
    int pcWidth = 0;
    int nameWidth = 0;
    String[] pcs = new String[stack.frames.length];
    String[] names = new String[stack.frames.length];
    for (int i = 0; i < pcs.length; i++) {
      Frame frame = stack.frames[i];
      pcs[i] = "0x" + Long.toHexString(frame.address);
      names[i] =
          Lines.oneLine(frame.function.name)
              + "+0x"
              + Long.toHexString(frame.address - frame.function.entry);
      pcWidth = Math.max(pcWidth, width(pcs[i]));
      nameWidth = Math.max(nameWidth, width(names[i]));
    }
    for (int i = 0; i < pcs.length; i++) {
      Frame frame = stack.frames[i];
      text.append("#\t");
      appendCell(text, pcs[i], pcWidth);
      appendCell(text, names[i], nameWidth);
      text.append(Lines.oneLine(frame.function.file())).append(':').append(frame.line);
      text.append('\n');
    }
    text.append('\n');
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
