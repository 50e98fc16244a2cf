package dev.controlplane.pprof.attach;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A process whose output is read line by line. */
final class Running {
  private static final Pattern ADDRESS =
      Pattern.compile("http://127\\.0\\.0\\.1:\\d+/debug/pprof/");

  final Process process;
  private final BufferedReader out;
  private final BufferedWriter in;
  final StringBuilder text = new StringBuilder();

  Running(Process process) {
    this.process = process;
    out = process.inputReader(StandardCharsets.UTF_8);
    in = process.outputWriter(StandardCharsets.UTF_8);
  }

  String pid() {
    return Long.toString(process.pid());
  }

  /** Reads up to a line that contains a text. */
  String read(String last) throws IOException {
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      text.append(line).append('\n');
      if (line.contains(last)) {
        return text.toString();
      }
    }
    throw new AssertionError("ended before \"" + last + "\":\n" + text);
  }

  String toEnd() throws IOException {
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      text.append(line).append('\n');
    }
    return text.toString().strip();
  }

  /** Where the tool serves. */
  String address() throws IOException {
    Matcher matcher = ADDRESS.matcher(read("/debug/pprof/ui"));
    assertTrue(matcher.find(), text.toString());
    return matcher.group();
  }

  /** The first line of an error. */
  String fail(int code) throws IOException, InterruptedException {
    String said = toEnd();
    assertTrue(process.waitFor(30, TimeUnit.SECONDS));
    assertEquals(code, process.exitValue(), said);
    return said.lines().findFirst().orElse("");
  }

  /** The line that the program answers, without what the JVM says of agents. */
  String ask(String question) throws IOException {
    in.write(question + "\n");
    in.flush();
    String line = out.readLine();
    while (line.startsWith("WARNING: ")) {
      line = out.readLine();
    }
    return line;
  }
}
