package dev.controlplane.pprof.tool;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.InvalidPathException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** {@code java -jar pprof.jar top FILE|URL…} and {@code diff BEFORE AFTER}. */
public final class TopCommand {
  private static final String HELP =
      """
      Usage: java -jar pprof.jar top FILE|URL... [OPTIONS]
             java -jar pprof.jar diff BEFORE AFTER [OPTIONS]

      top shows the functions of a profile that have the largest values; several
      profiles are added up. diff shows by how much each function grew.
      The profile is in Go's format, as /debug/pprof/ serves it: a file, - for
      standard input, or an address such as localhost:8082/debug/pprof/goroutine.

        -n N            how many functions; 0 for all (default 30)
        -s, --sample T  which of the profile's values, such as inuse_space
        --cum           largest cum first instead of largest flat first
        --width N       columns; 0 for whole names (default: the terminal's)
        -h, --help      this text

      flat: the function itself. cum: it and all that it called.
      Exit code: 0 if a table was written, 1 if not, 2 if the command is wrong.
      """;

  private static final int ROWS = 30;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'").withZone(ZoneOffset.UTC);

  private record Wish(List<String> names, int rows, String sample, boolean byCum, int width) {}

  private static final class UsageException extends Exception {
    private static final long serialVersionUID = 1;

    UsageException(String message) {
      super(message);
    }
  }

  /** The profile whose name is told with an error. */
  private static final class ProblemException extends IOException {
    private static final long serialVersionUID = 1;

    ProblemException(String name, String what, Throwable cause) {
      super(name + ": " + what, cause);
    }
  }

  private final boolean isDiff;
  private final ProfileSource source;
  private final PrintStream out;
  private final PrintStream err;

  /** Creates the command {@code top} or {@code diff}. */
  public TopCommand(String name, InputStream in, PrintStream out, PrintStream err) {
    this.isDiff = name.equals("diff");
    this.source = new ProfileSource(in);
    this.out = out;
    this.err = err;
  }

  /** Runs it with the arguments after its name, and returns the exit code. */
  public int run(List<String> arguments) {
    Wish wish;
    try {
      wish = parse(arguments);
    } catch (UsageException e) {
      complain(e.getMessage());
      err.println("Try: java -jar pprof.jar " + (isDiff ? "diff" : "top") + " --help");
      return 2;
    }
    if (wish == null) {
      out.print(HELP);
      return 0;
    }
    try {
      print(wish);
      out.flush();
      return 0;
    } catch (IOException e) {
      complain(e.getMessage());
    } catch (OutOfMemoryError e) {
      complain("not enough memory: try java -Xmx2g -jar ...");
    }
    return 1;
  }

  /** Returns null if only help is asked for. */
  private Wish parse(List<String> arguments) throws UsageException {
    var names = new ArrayList<String>();
    int rows = ROWS;
    String sample = "";
    boolean byCum = false;
    int width = -1;
    boolean options = true;
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      int equals = argument.startsWith("--") ? argument.indexOf('=') : -1;
      String option = equals < 0 ? argument : argument.substring(0, equals);
      if (!options || !argument.startsWith("-") || argument.equals("-")) {
        names.add(argument);
        continue;
      }
      switch (option) {
        case "--" -> options = false;
        case "-h", "--help" -> {
          return null;
        }
        case "--cum" -> byCum = true;
        case "-n", "-s", "--sample", "--width" -> {
          String value;
          if (equals >= 0) {
            value = argument.substring(equals + 1);
          } else if (++i < arguments.size()) {
            value = arguments.get(i);
          } else {
            throw new UsageException(option + " needs a value");
          }
          switch (option) {
            case "-n" -> rows = number(option, value);
            case "--width" -> width = number(option, value);
            default -> sample = value;
          }
        }
        default -> throw new UsageException("unknown option " + argument);
      }
    }
    if (isDiff ? names.size() != 2 : names.isEmpty()) {
      throw new UsageException(
          isDiff
              ? "diff needs two profiles, not " + names.size()
              : "no profile: give a file or an address");
    }
    return new Wish(names, rows, sample, byCum, width < 0 ? TerminalWidth.columns() : width);
  }

  private static int number(String option, String value) throws UsageException {
    if (!value.matches("\\d{1,9}")) {
      throw new UsageException(option + " is " + value + ", expected a number from 0");
    }
    return Integer.parseInt(value);
  }

  private void print(Wish wish) throws IOException {
    var totals = new Totals();
    long before = 0;
    ReadProfile.Type type = null;
    ReadProfile last = null;
    for (int i = 0; i < wish.names.size(); i++) {
      String name = wish.names.get(i);
      try {
        ReadProfile profile = source.read(name);
        ReadProfile.Type its = type(profile, type == null ? wish.sample : type.name());
        if (type != null && !its.equals(type)) {
          throw new IOException(
              "it counts "
                  + its.name()
                  + " in "
                  + its.unit()
                  + ", the first one in "
                  + type.unit());
        }
        type = its;
        int sign = isDiff && i == 0 ? -1 : 1;
        totals.add(profile, profile.types().indexOf(type), sign);
        before = i == 0 ? -totals.total() : before;
        last = profile;
      } catch (IOException e) {
        throw new ProblemException(name, message(e), e);
      } catch (InvalidPathException e) {
        throw new ProblemException(name, "this locale has no such file name", e);
      }
    }
    List<Totals.Row> rows = totals.rows(wish.byCum);
    int shown = wish.rows == 0 ? rows.size() : Math.min(wish.rows, rows.size());
    head(last, type, totals.total(), before, rows.size() - shown);
    long whole = isDiff ? before : totals.total();
    TopTable.lines(rows.subList(0, shown), type.unit(), whole, isDiff, wish.width)
        .forEach(out::println);
  }

  private static String message(IOException e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  private static ReadProfile.Type type(ReadProfile profile, String sample) throws IOException {
    if (sample.isEmpty()) {
      return profile.firstShown();
    }
    List<ReadProfile.Type> types = profile.types();
    for (ReadProfile.Type type : types) {
      if (type.name().equals(sample)) {
        return type;
      }
    }
    throw new IOException(
        "it has no values of the type "
            + sample
            + ", but "
            + types.stream().map(ReadProfile.Type::name).collect(Collectors.joining(", ")));
  }

  private void head(ReadProfile profile, ReadProfile.Type type, long total, long before, int more)
      throws IOException {
    var line = new StringBuilder();
    if (!profile.program().isEmpty()) {
      line.append(TopTable.plain(profile.program())).append(", ");
    }
    line.append(TopTable.plain(type.name()));
    if (profile.timeNanos() > 0) {
      line.append(", ").append(TIME.format(Instant.ofEpochSecond(0, profile.timeNanos())));
    }
    if (profile.durationNanos() > 0) {
      line.append(", of ").append(Quantity.text(profile.durationNanos(), "nanoseconds"));
    }
    out.println(line);
    String all =
        isDiff
            ? "%s before, %s after"
                .formatted(
                    Quantity.text(before, type.unit()), Quantity.text(before + total, type.unit()))
            : Quantity.text(total, type.unit()) + " in all";
    out.println(all + (more > 0 ? "; " + more + " functions are not shown (-n 0)" : ""));
  }

  /** One line, whatever the names in it have. */
  private void complain(String problem) {
    err.println("pprof: " + TopTable.plain(problem));
  }
}
