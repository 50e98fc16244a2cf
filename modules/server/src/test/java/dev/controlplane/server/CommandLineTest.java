package dev.controlplane.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.server.CommandLine.Order;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final CommandLine line =
      new CommandLine("upload-server", new PrintStream(out), new PrintStream(err));

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void withoutArgumentsTheServerStarts() {
    assertEquals(new Order.Start(Optional.empty(), false), line.read());
  }

  @Test
  void aFileOfSettingsIsNamedInEitherWay() {
    Order expected = new Order.Start(Optional.of(Path.of("a.yaml")), true);
    assertEquals(expected, line.read("--config", "a.yaml", "--check"));
    assertEquals(expected, line.read("--check", "--config=a.yaml"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "-h"})
  void helpNamesOptionsSettingsAndExitStatusOnStandardOutput(String option) {
    assertEquals(new Order.Answered(0), line.read(option));
    String help = text(out);
    for (String part : new String[] {"--config", "--check", "--version", "Exit status"}) {
      assertTrue(help.contains(part), help);
    }
    assertTrue(help.contains("bind-address: 127.0.0.1"), help);
    assertEquals("", text(err));
  }

  @Test
  void versionIsOneLine() {
    assertEquals(new Order.Answered(0), line.read("--version"));
    assertTrue(text(out).matches("upload-server \\S+\n"), text(out));
  }

  @ParameterizedTest
  @CsvSource({
    "--port=1,  unknown argument '--port=1'",
    "start,     unknown argument 'start'",
    "--chekc,   did you mean --check?",
    "--confg=x, did you mean --config?",
    "--config,  --config needs a file",
    "--config=, --config needs a file"
  })
  void aMistakeIsToldOnStandardErrorAndStartsNothing(String argument, String expected) {
    assertEquals(new Order.Answered(2), line.read(argument));
    assertTrue(text(err).contains(expected), text(err));
    assertTrue(text(err).contains("Usage: upload-server"), text(err));
    assertEquals("", text(out));
  }
}
