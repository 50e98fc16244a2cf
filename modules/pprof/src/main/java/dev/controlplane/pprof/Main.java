package dev.controlplane.pprof;

import dev.controlplane.pprof.sources.ThreadDump;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.UUID;

/** The command line: {@code java -jar pprof.jar convert FILE}. */
public final class Main {
  private static final String HELP =
      """
      Usage: java -jar pprof.jar convert FILE [-o OUT] [--format FORMAT]

      Makes a Go goroutine profile of a JVM's thread dump in JSON, as
        jcmd <pid> Thread.dump_to_file -format=json FILE
      writes it (JDK 21 and later). FILE may be - for standard input.

        -o, --output OUT   file to write; standard output without it
        -f, --format FORMAT
             pb      goroutines counted by stack, for go tool pprof (default)
             debug1  the same as text
             debug2  the stack of each thread, as in a Go stack dump
             debug3  like pb, a sample for each thread, its id and state as labels
        -h, --help         this text

      A dump that is cut off gives what could be read of it, and says so.
      Exit code: 0 if a profile was written, 1 if not, 2 if the command is wrong.
      """;

  private record Command(String file, String output, Converter.Format format) {}

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

  Main(InputStream in, PrintStream out, PrintStream err) {
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

  int run(String... args) {
    for (String arg : args) {
      if (arg.equals("-h") || arg.equals("--help") || arg.equals("help")) {
        out.print(HELP);
        return 0;
      }
    }
    Command command;
    try {
      command = parse(args);
    } catch (UsageException e) {
      err.println("pprof: " + e.getMessage());
      err.println("Try: java -jar pprof.jar --help");
      return 2;
    }
    try {
      convert(command);
      return 0;
    } catch (IOException e) {
      err.println("pprof: " + command.file + ": " + reason(e));
      return 1;
    } catch (InvalidPathException e) {
      err.println(
          "pprof: "
              + e.getInput()
              + ": this locale has no such file name ("
              + e.getReason()
              + "); try LC_ALL=C.UTF-8 java -jar …");
      return 1;
    } catch (OutOfMemoryError e) {
      err.println("pprof: " + command.file + ": not enough memory: try java -Xmx2g -jar …");
      return 1;
    }
  }

  private static Command parse(String... args) throws UsageException {
    if (args.length == 0 || !args[0].equals("convert")) {
      throw new UsageException(
          args.length == 0 ? "no command" : "unknown command " + args[0] + ", expected convert");
    }
    String file = null;
    String output = null;
    Converter.Format format = Converter.Format.PB;
    for (int i = 1; i < args.length; i++) {
      String arg = args[i];
      int equals = arg.startsWith("--") ? arg.indexOf('=') : -1;
      String option = equals < 0 ? arg : arg.substring(0, equals);
      switch (option) {
        case "-o", "--output", "-f", "--format" -> {
          String value;
          if (equals >= 0) {
            value = arg.substring(equals + 1);
          } else if (++i < args.length) {
            value = args[i];
          } else {
            throw new UsageException(option + " needs a value");
          }
          if (option.endsWith("f") || option.endsWith("format")) {
            format = format(value);
          } else {
            output = value;
          }
        }
        default -> {
          if (arg.startsWith("-") && !arg.equals("-")) {
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
    return new Command(file, output, format);
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
    try (InputStream dump = open(command.file)) {
      result =
          command.output == null
              ? toStandardOutput(dump, command.format)
              : toFile(dump, Path.of(command.output), command.format);
    }
    report(command.file, result);
  }

  private InputStream open(String file) throws IOException {
    if (file.equals("-")) {
      return in;
    }
    Path path = Path.of(file);
    if (Files.isDirectory(path)) {
      throw new IOException("it is a directory");
    }
    return Files.newInputStream(path);
  }

  private Converter.Result toStandardOutput(InputStream dump, Converter.Format format)
      throws IOException {
    var buffered = new BufferedOutputStream(out, 1 << 16);
    Converter.Result result = new Converter(dump, () -> buffered, room()).convert(format);
    buffered.flush();
    if (out.checkError()) {
      throw new IOException("standard output can't be written");
    }
    return result;
  }

  /**
   * Writes the profile to a file, which appears only when it is complete. A device or pipe is
   * written to directly and never replaced.
   */
  private static Converter.Result toFile(InputStream dump, Path named, Converter.Format format)
      throws IOException {
    Path output = Files.exists(named) ? named.toRealPath() : named;
    if (Files.exists(output) && !Files.isRegularFile(output) && !Files.isDirectory(output)) {
      try (OutputStream out = Files.newOutputStream(output, StandardOpenOption.WRITE)) {
        var buffered = new BufferedOutputStream(out, 1 << 16);
        Converter.Result result = new Converter(dump, () -> buffered, room()).convert(format);
        buffered.flush();
        return result;
      }
    }
    Path directory = output.toAbsolutePath().getParent();
    if (directory == null || !Files.isDirectory(directory) || Files.isDirectory(output)) {
      throw new IOException(output + " can't be written: not a file in a directory that exists");
    }
    OutputStream[] opened = {null};
    Path[] aside = {null};
    try {
      var converter =
          new Converter(
              dump,
              () -> {
                aside[0] = createAside(directory);
                opened[0] =
                    new BufferedOutputStream(
                        Files.newOutputStream(aside[0], StandardOpenOption.WRITE), 1 << 16);
                return opened[0];
              },
              room());
      Converter.Result result = converter.convert(format);
      opened[0].close();
      Files.move(aside[0], output, StandardCopyOption.REPLACE_EXISTING);
      return result;
    } finally {
      try {
        if (opened[0] != null) {
          opened[0].close();
        }
      } finally {
        if (aside[0] != null) {
          Files.deleteIfExists(aside[0]);
        }
      }
    }
  }

  /**
   * Creates the temporary file for an incomplete profile. Its name is short, whatever the output's
   * is, and random, so that a leftover of a killed run is never in the way. Its permissions follow
   * the umask, like the output's.
   */
  private static Path createAside(Path directory) throws IOException {
    while (true) {
      Path file = directory.resolve(".pprof-" + UUID.randomUUID() + ".tmp");
      try {
        return Files.createFile(file);
      } catch (FileAlreadyExistsException e) {
        // Try the next name.
      }
    }
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
    if (result.crowdedOut() > 0) {
      tell(
          file,
          result.crowdedOut()
              + " threads are left out, for there are too many different stacks: more memory takes"
              + " more, as in java -Xmx4g -jar …");
    }
  }

  private void tell(String file, String what) {
    err.println("pprof: " + file + ": " + what);
  }

  private static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "no such file: " + missing.getFile();
      case AccessDeniedException denied -> "permission denied: " + denied.getFile();
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }
}
