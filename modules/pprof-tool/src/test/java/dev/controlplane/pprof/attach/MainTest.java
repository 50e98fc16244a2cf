package dev.controlplane.pprof.attach;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private OptionalInt run(String... arguments) {
    return Main.run(
        List.of(arguments),
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-h", "--help", "help"})
  void theHelpHasEveryCommand(String word) {
    assertEquals(OptionalInt.of(0), run(word));
    String help = out.toString(StandardCharsets.UTF_8);
    for (String command : List.of("attach PID", "top FILE", "diff BEFORE", "convert FILE")) {
      assertTrue(help.contains("pprof.jar " + command), help);
    }
  }

  @Test
  void anUnknownCommandIsToldWithThoseThereAre() {
    assertEquals(OptionalInt.of(2), run("atach", "1"));
    assertEquals(
        """
        pprof: unknown command atach; expected attach, top, diff or convert
        Try: java -jar pprof.jar --help
        """,
        err.toString(StandardCharsets.UTF_8));
  }
}
