package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.controlplane.transport.grpc.GrpcStreams;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Clients that know nothing of this repository: grpc-go, and gRPC's C core by way of Python. */
class OutsideClientsTest {
  private static final Path ROOT = root();
  private static final Path GO = ROOT.resolve(".tools/bin/streamclient");
  private static final Path PYTHON = ROOT.resolve(".tools/venv/bin/python");

  @Test
  void plainHelidonRefusesClientsOnTheCCore() throws Exception {
    Lab lab = Lab.plain();
    try {
      assertFalse(python(lab).contains("done"));
    } finally {
      lab.close();
    }
  }

  @Test
  void clientsOnTheCCoreAreServed() throws Exception {
    try (Lab lab = Lab.guarded()) {
      assertEquals("done", python(lab));
      lab.awaitSubscriptions(0);
    }
  }

  @Test
  void streamsToGoThatAllSendAtOnceLoseNothing() throws Exception {
    try (Lab lab = Lab.guarded()) {
      assertEquals("open\ndone 50000", go(lab, "flood", "5", "50", "200", "1024"));
    }
  }

  @Test
  void largeMessagesReachGo() throws Exception {
    try (Lab lab = Lab.guarded()) {
      assertEquals("open\ndone 40", go(lab, "flood", "2", "4", "5", "1100000"));
    }
  }

  @Test
  void aKilledProcessFreesItsHandlersAndThreads() throws Exception {
    List<Thread> before = Threads.ofStreams();
    try (Lab lab = Lab.guarded()) {
      Process client = start(lab, "subscribe", "2", "50", "0");
      lab.awaitSubscriptions(100);
      client.destroyForcibly();
      Await.until("every handler ended", Await.LIMIT, lab.subscriptions::isEmpty);
      Await.until("every thread ended", Await.LIMIT, () -> before.containsAll(Threads.ofStreams()));
    }
  }

  @Test
  void aStoppedProcessFreesItsHandlersAfterTheKeepalive() throws Exception {
    List<Thread> before = Threads.ofStreams();
    GrpcStreams.Settings defaults = GrpcStreams.Settings.defaults();
    try (Lab lab =
        Lab.guarded(
            new GrpcStreams.Settings(
                Duration.ofSeconds(3), defaults.stallLimit(), 1 << 20, 1 << 16))) {
      Process client = start(lab, "subscribe", "2", "50", "0");
      lab.awaitSubscriptions(100);
      // Alive, it answers the PINGs.
      assertFalse(Await.comesTrue(Duration.ofSeconds(5), () -> lab.subscriptions.size() < 100));
      assertEquals(0, new ProcessBuilder("kill", "-STOP", "" + client.pid()).start().waitFor());
      try {
        lab.broadcast(new byte[100_000]);
        Await.until("every handler ended", Await.LIMIT, lab.subscriptions::isEmpty);
        Await.until(
            "every thread ended", Await.LIMIT, () -> before.containsAll(Threads.ofStreams()));
      } finally {
        client.destroyForcibly();
      }
    }
  }

  private static String python(Lab lab) throws Exception {
    return output(
        start(
            PYTHON,
            Path.of("src/test/python/lab_client.py").toAbsolutePath().toString(),
            "127.0.0.1:" + lab.port()));
  }

  private static String go(Lab lab, String mode, String... numbers) throws Exception {
    return output(start(lab, mode, numbers));
  }

  private static Process start(Lab lab, String mode, String... numbers) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(mode, "127.0.0.1:" + lab.port()));
    arguments.addAll(List.of(numbers));
    return start(GO, arguments.toArray(String[]::new));
  }

  private static Process start(Path program, String... arguments) throws IOException {
    if (!Files.isExecutable(program)) {
      fail(program + " is missing; install it with bin/tools");
    }
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static String output(Process process) throws Exception {
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      String text = String.join("\n", out.readAllLines());
      assertTrue(process.waitFor(30, TimeUnit.SECONDS));
      return text;
    } finally {
      process.destroyForcibly();
    }
  }

  private static Path root() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("bin/tools"))) {
      directory = directory.getParent();
    }
    return directory;
  }
}
