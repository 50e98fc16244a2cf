package dev.controlplane.client.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.client.cli.terminal.FakeTerminal;
import dev.controlplane.client.cli.terminal.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class HelpTest {
  private final Map<String, String> environment = new HashMap<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private boolean looking;

  private Session session() {
    return new Session(
        new ByteArrayInputStream(new byte[0]),
        out,
        new PrintStream(err, true, StandardCharsets.UTF_8),
        environment,
        looking ? new FakeTerminal(80) : Terminal.NONE);
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
  void everyHelpHasExamplesAndExitCodesAndIsWellFormed() {
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
        assertTrue(codes().containsAll(List.of("0", "1", "2", "141")), this::out);
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

  @ParameterizedTest
  @CsvSource({
    "agent, cpctl agent --id=ID --dir=DIR [OPTIONS]",
    "agent, cpctl agent --dir=DIR --status [--max-staleness=TIME]",
    "agent, cpctl agent --dir=DIR --confirm-deletions",
    "delete, cpctl delete [OPTIONS] NAME VERSION",
    "retry, cpctl retry [OPTIONS] NAME VERSION"
  })
  void theUsageLinesOfAHelpBeginInOneColumn(String command, String usage) {
    assertEquals(0, run(command, "--help"));
    assertTrue(
        out().lines().limit(3).anyMatch(line -> line.matches("(Usage: | {7})\\Q" + usage + "\\E")),
        this::out);
  }

  /** The exit codes of the help that was written last. */
  private List<String> codes() {
    return out()
        .lines()
        .dropWhile(line -> !line.equals("Exit codes:"))
        .skip(1)
        .takeWhile(line -> !line.isBlank())
        .filter(line -> line.matches(" +\\d.*"))
        .map(line -> line.strip().replaceFirst(" .*", ""))
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "upload, 0 1 2 3 5 6 7 130 141",
    "get, 0 1 2 3 4 6 130 141",
    "list, 0 1 2 3 130 141",
    "consumers forget, 0 1 2 3 4 5 130 141",
    "doctor, 0 1 2 130 141",
    "completion, 0 1 2 141"
  })
  void aHelpTellsTheExitCodesThatItsCommandCanEndWith(String command, String codes) {
    assertEquals(0, run((command + " --help").split(" ")));
    assertEquals(List.of(codes.split(" ")), codes());
  }

  @Test
  void theHelpOfAllCommandsTellsAllExitCodes() {
    assertEquals(0, run("--help"));
    assertEquals(List.of("0 1 2 3 4 5 6 7 130 141".split(" ")), codes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "upload", "consumers forget", "help"})
  void helpOfACommandIsWhatItsOptionWrites(String command) {
    assertEquals(0, run((command + " --help").strip().split(" ")));
    String expected = out();
    assertEquals(0, run(("help " + command).strip().split(" ")), this::err);
    assertEquals(expected, out());
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "lst, cpctl has no command \"lst\"; did you mean list?",
        "lsit, cpctl has no command \"lsit\"; did you mean list?",
        "comsumres, cpctl has no command \"comsumres\"; did you mean consumers?",
        "stauts --wide, cpctl has no command \"stauts\"; did you mean status?",
        "frobnicate, cpctl has no command \"frobnicate\"",
        "help uplaod, cpctl has no command \"uplaod\"; did you mean upload?",
        "list --josn, cpctl list has no option \"--josn\"; did you mean --json?",
        "list --consumer-ulr=http://x, cpctl list has no option \"--consumer-ulr\"; did you mean"
            + " --consumer-url?",
        "list --frobnicate, cpctl list has no option \"--frobnicate\"",
        "list more, cpctl list takes no further argument \"more\"",
        "upload --nme x --version 1, cpctl upload has no option \"--nme\"; did you mean --name?",
        "retry, the worker and the version are missing: cpctl retry NAME VERSION",
        "retry w, the version is missing: cpctl retry NAME VERSION",
        "delete, the worker and the version are missing: cpctl delete NAME VERSION",
        "delete --version 1, the worker is missing: cpctl delete NAME VERSION",
        "agent, cpctl agent needs --id=ID and --dir=DIR",
        "agent --status, cpctl agent needs --dir=DIR"
      })
  void whatIsMistypedIsToldWithWhatMayHaveBeenMeant(String line, String told) {
    assertEquals(2, run(line.split(" ")));
    assertEquals("", out());
    assertEquals("cpctl: " + told, err().lines().findFirst().orElse(""));
  }

  @Test
  void noColourWhereNoneIsWanted() {
    looking = true;
    run("info", "--help");
    assertTrue(out().contains("\u001B["), this::out);
    assertEquals(2, run("info"));
    assertTrue(err().startsWith("\u001B[31mcpctl:\u001B[0m "), this::err);
    environment.put("TERM", "dumb");
    run("info", "--help");
    assertFalse(out().contains("\u001B["), this::out);
    environment.put("TERM", "xterm");
    environment.put("NO_COLOR", "1");
    run("info", "--help");
    assertFalse(out().contains("\u001B["), this::out);
    assertEquals(2, run("info"));
    assertFalse(err().contains("\u001B["), this::err);
    environment.remove("NO_COLOR");
    looking = false;
    run("info", "--help");
    assertFalse(out().contains("\u001B["), this::out);
  }
}
