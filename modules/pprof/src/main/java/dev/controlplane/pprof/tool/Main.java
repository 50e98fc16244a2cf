package dev.controlplane.pprof.tool;

import dev.controlplane.pprof.jfr.RecordingConverter;
import dev.controlplane.pprof.jfr.RecordingInput;
import dev.controlplane.pprof.sources.NotAThreadDumpException;
import dev.controlplane.pprof.sources.ThreadDump;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The command line: {@code java -jar pprof.jar convert FILE}. */
public final class Main {
  private static final String HELP =
      """
      Usage: java -jar pprof.jar convert FILE [-o OUT] [--format FORMAT]
                                              [--event EVENT]
             java -jar pprof.jar top FILE|URL...
             java -jar pprof.jar diff BEFORE AFTER

      top and diff show profiles as tables; top --help says more. convert:

      Makes a Go goroutine profile of a JVM's thread dump in JSON, as
        jcmd <pid> Thread.dump_to_file -format=json FILE
      writes it (JDK 21 and later), also gzipped or in UTF-16. FILE may be - for
      standard input.
      Of a Flight Recorder recording (.jfr), also gzipped, it makes a profile of
      CPU time, allocations, locks or live objects.

        -o, --output OUT   file to write; - is standard output, as is none
        -f, --format FORMAT
             pb      goroutines counted by stack, for go tool pprof (default)
             debug1  the same as text
             debug2  the stack of each thread, as in a Go stack dump
             debug3  like pb, a sample for each thread, its id and state as labels
        -e, --event EVENT  of a recording: cpu (jdk.CPUTimeSample), execution
             (jdk.ExecutionSample), alloc, lock or leak (jdk.OldObjectSample);
             by default the first of these that it has
        -h, --help         this text

      A file that is cut off gives what could be read of it, and says so.
      Exit code: 0 if a profile was written, 1 if not, 2 if the command is wrong.
      """;

  private record Command(
      String file,
      String output,
      Converter.Format format,
      Optional<RecordingConverter.Kind> kind) {}

  /** The command line is invalid. */
  private static final class UsageException extends Exception {
    private static final long serialVersionUID = 1;

    UsageException(String message) {
      super(message);
    }
  }

  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;

  public Main(InputStream in, PrintStream out, PrintStream err) {
    this.in = in;
    this.out = out;
    this.err = err;
  }

  /** Runs the command and exits with its code. */
  public static void main(String[] args) {
    int code = new Main(System.in, System.out, System.err).run(args);
    System.out.flush();
    System.exit(code);
  }

  /** Runs the command and returns its exit code. */
  public int run(String... args) {
    if (args.length > 0 && (args[0].equals("top") || args[0].equals("diff"))) {
      return new TopCommand(args[0], in, out, err).run(List.of(args).subList(1, args.length));
    }
    for (String arg : args) {
      if (arg.equals("--")) {
        break;
      }
      if (arg.equals("-h") || arg.equals("--help") || arg.equals("help")) {
        out.print(HELP);
        return 0;
      }
    }
    Command command;
    try {
      command = parse(args);
    } catch (UsageException e) {
      complain(e.getMessage());
      err.println("Try: java -jar pprof.jar --help");
      return 2;
    }
    try {
      convert(command);
      return 0;
    } catch (IOException e) {
      tell(command.file, reason(e));
      return 1;
    } catch (InvalidPathException e) {
      tell(
          e.getInput(),
          "this locale has no such file name ("
              + e.getReason()
              + "); try LC_ALL=C.UTF-8 java -jar ...");
      return 1;
    } catch (OutOfMemoryError e) {
      tell(command.file, "not enough memory: try java -Xmx2g -jar ...");
      return 1;
    }
  }

  private static Command parse(String... args) throws UsageException {
    if (args.length == 0 || !args[0].equals("convert")) {
      throw new UsageException(
          args.length == 0
              ? "no command"
              : "unknown command " + args[0] + ", expected convert, top or diff");
    }
    String file = null;
    String output = null;
    Converter.Format format = Converter.Format.PB;
    Optional<RecordingConverter.Kind> kind = Optional.empty();
    boolean options = true;
    for (int i = 1; i < args.length; i++) {
      String arg = args[i];
      if (options && arg.equals("--")) {
        // What follows are operands (POSIX.1-2024, Base Definitions, section 12.2, guideline 10).
        options = false;
        continue;
      }
      int equals = arg.startsWith("--") ? arg.indexOf('=') : -1;
      String option = equals < 0 ? arg : arg.substring(0, equals);
      switch (options ? option : "") {
        case "-o", "--output", "-f", "--format", "-e", "--event" -> {
          String value;
          if (equals >= 0) {
            value = arg.substring(equals + 1);
          } else if (++i < args.length) {
            value = args[i];
          } else {
            throw new UsageException(option + " needs a value");
          }
          switch (option) {
            case "-f", "--format" -> format = format(value);
            case "-e", "--event" -> kind = Optional.of(kind(value));
            default -> output = value.equals("-") ? null : value;
          }
        }
        default -> {
          if (options && arg.startsWith("-") && !arg.equals("-")) {
            throw new UsageException("unknown option " + arg);
          }
          if (file != null) {
            throw new UsageException("one file at a time, not " + file + " and " + arg);
          }
          file = arg;
        }
      }
    }
    if (file == null) {
      throw new UsageException("no file to convert");
    }
    return new Command(file, output, format, kind);
  }

  private static RecordingConverter.Kind kind(String name) throws UsageException {
    return RecordingConverter.Kind.named(name)
        .orElseThrow(
            () ->
                new UsageException(
                    "unknown event " + name + ", expected cpu, execution, alloc, lock or leak"));
  }

  private static Converter.Format format(String name) throws UsageException {
    for (Converter.Format format : Converter.Format.values()) {
      if (format.name().toLowerCase(Locale.ROOT).equals(name)) {
        return format;
      }
    }
    throw new UsageException("unknown format " + name + ", expected pb, debug1, debug2 or debug3");
  }

  private void convert(Command command) throws IOException {
    Converter.Result result;
    boolean standardInput = command.file.equals("-");
    try (InputStream file = standardInput ? null : open(command.file)) {
      // Standard input is not closed: where there is none, the JVM may have a file of its own
      // there.
      var input = new BufferedInputStream(standardInput ? in : file, 1 << 16);
      byte[] first = FileKind.first(input);
      RecordingInput recording = RecordingInput.of(input);
      if (recording != null) {
        var recorded = new RecordingCommand(recording, command.kind, room());
        write(command.output, target -> recorded.convert(command.format, target));
        if (!recorded.damage().isEmpty()) {
          tell(command.file, recorded.damage() + ": the profile has what was before");
        }
        return;
      }
      if (command.kind.isPresent()) {
        throw new IOException("--event needs a Flight Recorder recording, and this is none");
      }
      try {
        result =
            write(
                command.output,
                target -> new Converter(input, target, room()).convert(command.format));
      } catch (NotAThreadDumpException e) {
        throw FileKind.notADump(first, e);
      }
    }
    report(command.file, result);
  }

  private static InputStream open(String file) throws IOException {
    Path path = Path.of(file);
    if (Files.isDirectory(path)) {
      throw new IOException("it is a directory");
    }
    return Files.newInputStream(path);
  }

  private Converter.Result write(String output, OutputFile.Conversion conversion)
      throws IOException {
    if (output != null) {
      return OutputFile.write(Path.of(output), conversion);
    }
    var buffered = new BufferedOutputStream(out, 1 << 16);
    Converter.Result result = conversion.to(() -> buffered);
    buffered.flush();
    if (out.checkError()) {
      throw new IOException("standard output can't be written");
    }
    return result;
  }

  private static long room() {
    return Runtime.getRuntime().maxMemory() / 2;
  }

  private void report(String file, Converter.Result result) {
    ThreadDump.Outcome dump = result.dump();
    if (dump.damage() != null) {
      tell(file, dump.damage() + ": the profile has the " + result.written() + " threads before");
    }
    if (dump.incomplete() > 0) {
      tell(file, dump.incomplete() + " threads without an id are left out");
    }
    if (dump.badFrames() > 0) {
      tell(file, dump.badFrames() + " stack entries that can't be read are left out");
    }
    if (dump.badStacks() > 0) {
      tell(
          file,
          dump.badStacks()
              + " threads have a stack that is no list of texts: what else is in it is left out");
    }
    if (result.crowdedOut() > 0) {
      tell(
          file,
          result.crowdedOut()
              + " threads are left out, for there is too much different in them: more memory takes"
              + " more, as in java -Xmx4g -jar ...");
    }
  }

  private void tell(String file, String what) {
    complain(file + ": " + what);
  }

  /** One line, whatever the names in it have. */
  private void complain(String problem) {
    err.println("pprof: " + problem.replaceAll("\\p{Cntrl}", "?"));
  }

  private static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "no such file: " + missing.getFile();
      case AccessDeniedException denied -> "permission denied: " + denied.getFile();
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }
}
