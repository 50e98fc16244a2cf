package dev.controlplane.pprof.tool;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the width of the terminal that standard output is. */
final class TerminalWidth {
  private static final Pattern ROWS_AND_COLUMNS = Pattern.compile("\\d+ (\\d{1,5})\\s*");

  private TerminalWidth() {}

  /** Returns the number of columns; 0 if standard output is no terminal, or nobody knows. */
  static int columns() {
    try {
      if (!isTerminal()) {
        return 0;
      }
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(new File("/dev/tty"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String answer = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      Matcher matcher = ROWS_AND_COLUMNS.matcher(answer);
      return stty.waitFor(1, TimeUnit.SECONDS) && matcher.matches()
          ? Integer.parseInt(matcher.group(1))
          : 0;
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  /** {@code test -t 1}, which POSIX has for that. */
  private static boolean isTerminal() throws IOException, InterruptedException {
    Process test =
        new ProcessBuilder("test", "-t", "1")
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .start();
    return test.waitFor(1, TimeUnit.SECONDS) && test.exitValue() == 0;
  }
}
