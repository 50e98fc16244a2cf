package dev.controlplane.pprof.tool;

import dev.controlplane.pprof.StackStyle;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.sources.ThreadDump;
import dev.controlplane.pprof.text.ByteBuilder;
import dev.controlplane.pprof.text.StackText;
import dev.controlplane.pprof.threads.Goroutine;
import dev.controlplane.pprof.threads.Interpreter;
import dev.controlplane.pprof.writers.ProfileText;
import dev.controlplane.pprof.writers.ProfileWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;

/** Converts one JSON thread dump to a Go profile, in bounded memory. Not thread-safe. */
public final class Converter {
  /** The format of the result. */
  public enum Format {
    /** Goroutines counted by stack, as gzipped protobuf. */
    PB,
    /** Goroutines counted by stack, as text. */
    DEBUG1,
    /** The stack of each thread, as text. */
    DEBUG2,
    /** Gzipped protobuf with one sample per thread. */
    DEBUG3
  }

  /** Opens the output, once it is certain that there is something to write. */
  @FunctionalInterface
  public interface Target {
    OutputStream open() throws IOException;
  }

  /**
   * The result of a conversion.
   *
   * @param written goroutines in the profile
   * @param crowdedOut goroutines that were left out: the memory for stacks was full, and their
   *     stacks were new
   */
  public record Result(ThreadDump.Outcome dump, long written, long crowdedOut) {}

  private final FrameTable table = new FrameTable();
  private final Interpreter interpreter = Interpreter.ofAnother(table);
  private final InputStream in;
  private final Target target;
  private final long room;
  private long written;

  /**
   * @param room memory in bytes, half of it for distinct stacks and half for distinct frames
   */
  public Converter(InputStream in, Target target, long room) {
    this.in = in;
    this.target = target;
    this.room = room;
  }

  /**
   * Converts the dump.
   *
   * @throws dev.controlplane.pprof.sources.NotAThreadDumpException if there is nothing to convert;
   *     the target was not opened then
   */
  public Result convert(Format format) throws IOException {
    return switch (format) {
      case PB, DEBUG1 -> counted(format);
      case DEBUG2 -> stacks();
      case DEBUG3 -> perGoroutine();
    };
  }

  private static Instant time(ThreadDump.Outcome outcome) {
    return outcome.time() == null ? Instant.now() : outcome.time();
  }

  private Result counted(Format format) throws IOException {
    Profile.Builder counts = ofUnknownProgram();
    long[] memory = {0, 0};
    ThreadDump.Outcome outcome =
        ThreadDump.readAny(
            in,
            table,
            room / 2,
            facts -> {
              Goroutine goroutine = interpreter.goroutine(facts);
              if (goroutine == null) {
                return;
              }
              Stack stack = goroutine.stack();
              if (!counts.contains(stack, LabelSet.EMPTY)) {
                if (memory[0] > room / 2) {
                  memory[1]++;
                  return;
                }
                memory[0] += 200 + 4L * stack.frames.length;
              }
              counts.add(stack, LabelSet.EMPTY, 1);
              written++;
            });
    Profile profile = counts.time(time(outcome)).build();
    OutputStream out = target.open();
    if (format == Format.PB) {
      ProfileWriter.write(profile, out);
    } else {
      ProfileText.write(profile, out);
    }
    return new Result(outcome, written, memory[1] + outcome.crowdedOut());
  }

  /** A dump does not say which program it is of. */
  private static Profile.Builder ofUnknownProgram() {
    return Profile.builder(new Profile.ValueType("goroutine", "count")).program("");
  }

  private Result stacks() throws IOException {
    var text = new StackText(StackStyle.GO);
    var buffer = new ByteBuilder(1 << 16);
    OutputStream[] out = {null};
    ThreadDump.Outcome outcome =
        ThreadDump.readAny(
            in,
            table,
            room / 2,
            facts -> {
              Goroutine goroutine = interpreter.goroutine(facts);
              if (goroutine == null) {
                return;
              }
              if (out[0] == null) {
                out[0] = target.open();
              } else {
                buffer.append('\n');
              }
              text.append(buffer, goroutine);
              written++;
              if (buffer.length() > 1 << 15) {
                buffer.writeTo(out[0]);
                buffer.clear();
              }
            });
    buffer.writeTo(out[0] == null ? target.open() : out[0]);
    return new Result(outcome, written, outcome.crowdedOut());
  }

  private Result perGoroutine() throws IOException {
    ProfileWriter[] writer = {null};
    try {
      ThreadDump.Outcome outcome =
          ThreadDump.readAny(
              in,
              table,
              room / 2,
              facts -> {
                Goroutine goroutine = interpreter.goroutine(facts);
                if (goroutine == null) {
                  return;
                }
                if (writer[0] == null) {
                  writer[0] = new ProfileWriter(target.open(), ofUnknownProgram().build());
                }
                writer[0].goroutine(
                    goroutine.id(), goroutine.state(), goroutine.stack(), goroutine.labels());
                written++;
              });
      if (writer[0] == null) {
        writer[0] = new ProfileWriter(target.open(), ofUnknownProgram().build());
      }
      writer[0].finish(time(outcome), Duration.ZERO);
      return new Result(outcome, written, outcome.crowdedOut());
    } finally {
      if (writer[0] != null) {
        writer[0].close();
      }
    }
  }
}
