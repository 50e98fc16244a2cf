package dev.controlplane.client.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class HelpTest {
  private final Map<String, String> environment = new HashMap<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private Session session() {
    return new Session(
        new ByteArrayInputStream(new byte[0]),
        out,
        new PrintStream(err, true, StandardCharsets.UTF_8),
        environment);
  }

  private int run(String... arguments) {
    out.reset();
    err.reset();
    return new Cpctl(session()).run(arguments);
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  /** Every command, with those below it: {@code cpctl consumers forget}. */
  private static void collect(CommandLine command, String path, List<String> all) {
    all.add(path);
    // An alias leads to a command that has its own name.
    command.getSubcommands().values().stream()
        .distinct()
        .forEach(line -> collect(line, path + " " + line.getCommandName(), all));
  }

  private List<String> commands() {
    List<String> all = new ArrayList<>();
    collect(new Cpctl(session()).commandLine(Commands.ALL), "cpctl", all);
    assertTrue(all.contains("cpctl consumers forget"), all::toString);
    return all;
  }

  @Test
  void everyHelpHasExamplesAndALineForEachExitCodeAndIsWellFormed() {
    PrintStream before = System.err;
    ByteArrayOutputStream warnings = new ByteArrayOutputStream();
    System.setErr(new PrintStream(warnings, true, StandardCharsets.UTF_8));
    try {
      for (String command : commands()) {
        List<String> line = new ArrayList<>(List.of(command.split(" ")));
        line.removeFirst();
        line.add("--help");
        assertEquals(0, run(line.toArray(String[]::new)), command);
        assertTrue(out().startsWith("Usage: " + command), this::out);
        for (String code : ExitCode.TABLE) {
          String[] parts = code.split(":", 2);
          assertTrue(
              out().lines().anyMatch(text -> text.strip().matches(parts[0] + " +\\S.*")),
              () -> command + " does not tell exit code " + parts[0] + ": " + out());
        }
        assertTrue(out().contains("$CPCTL_GRPC_HTTP_URL"), this::out);
        assertTrue(
            out().contains("Examples:\n  cpctl ") || out().contains("Examples:\n  source"),
            () -> command + " has no example: " + out());
        assertFalse(out().contains("%%"), this::out);
        assertEquals("", err());
      }
      assertEquals("", warnings.toString(StandardCharsets.UTF_8));
    } finally {
      System.setErr(before);
    }
    assertEquals(0, run("upload", "--help"));
    assertTrue(out().contains("--wait-active 95% --timeout 5m\n"), this::out);
  }

  @Test
  void noColourWhereNoneIsWanted() {
    System.setProperty("picocli.ansi", "true");
    try {
      run("info", "--help");
      assertTrue(out().contains("\u001B["), this::out);
      environment.put("TERM", "dumb");
      run("info", "--help");
      assertFalse(out().contains("\u001B["), this::out);
      environment.put("TERM", "xterm");
      environment.put("NO_COLOR", "1");
      run("info", "--help");
      assertFalse(out().contains("\u001B["), this::out);
    } finally {
      System.clearProperty("picocli.ansi");
    }
  }
}
