package dev.controlplane.system.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Types the examples of every command's {@code --help}, in order, against fresh servers. */
class HelpExamplesTest {
  /** For a machine that has much else to do. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** What goes on until it is interrupted. */
  private static final Pattern ENDLESS =
      Pattern.compile(
          "cpctl (watch|subscribe (?!.*--count)|agent (?!.*--status)|events .*--follow).*");

  private static final byte[] FIRST = "first\n".getBytes(StandardCharsets.UTF_8);
  private static final byte[] SECOND = "second\n".getBytes(StandardCharsets.UTF_8);

  @Test
  void everyExampleOfEveryHelpWorks() throws Exception {
    try (Typist typist = new Typist()) {
      List<String> commands = commands(typist, "");
      assertTrue(commands.contains("consumers forget"), commands::toString);
      commands.addFirst("");
      for (String command : commands) {
        List<String> examples =
            section(typist.help(command), "Examples:").stream().map(String::strip).toList();
        assertFalse(examples.isEmpty(), () -> "cpctl " + command + " has no example");
        for (String example : examples) {
          typist.type(example);
        }
        typist.endFollowers();
      }
    }
  }

  /** Every command with those below it, in the order of the help. */
  private static List<String> commands(Typist typist, String parent) throws IOException {
    List<String> all = new ArrayList<>();
    for (String line : section(typist.help(parent), "Commands:")) {
      if (line.matches("  [a-z].*")) {
        String command = (parent + " " + line.strip().replaceFirst("[ ,].*", "")).strip();
        all.add(command);
        all.addAll(commands(typist, command));
      }
    }
    return all;
  }

  /** The lines below a heading, to the next empty line or the end. */
  private static List<String> section(String help, String heading) {
    return help.lines()
        .dropWhile(line -> !line.equals(heading))
        .skip(1)
        .takeWhile(line -> !line.isBlank())
        .toList();
  }

  /** Somebody in a directory with the files that the examples name. */
  private static final class Typist implements AutoCloseable {
    private final Cluster cluster = Cluster.start();
    private final Path directory;
    private final List<Process> followers = new ArrayList<>();
    private final Map<Process, Path> outputs = new HashMap<>();
    private int published;

    Typist() throws IOException {
      directory = Files.createDirectory(cluster.root().resolve("typist"));
      Files.createDirectory(directory.resolve("dist"));
      Files.write(directory.resolve("g.js"), "third\n".getBytes(StandardCharsets.UTF_8));
      // The rollout of an example is waited for, so somebody has to want the worker.
      followers.add(start("cpctl agent --id edge-1 --dir edge-1"));
    }

    String help(String command) throws IOException {
      return Tools.run(PATIENCE, shell(("cpctl help " + command).strip())).mustSucceed().output();
    }

    void type(String example) throws Exception {
      Files.write(directory.resolve("greeter.js"), FIRST);
      cluster.published("greeter.js", "1.0.0", FIRST);
      cluster.published("greeter.js", "1.1.0", SECOND);
      cluster.rolledBack("greeter.js", "1.1.0");
      if (ENDLESS.matcher(example).matches()) {
        follow(example);
      } else if (example.contains("--count 1")) {
        Process process = follow(example);
        cluster.published("greeter.js", "count-" + ++published, FIRST);
        assertTrue(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS), example);
        assertEquals(0, process.exitValue(), () -> example + ": " + output(process));
      } else {
        if (example.contains("edge-17")) {
          known("edge-17");
        }
        Tools.Result result = Tools.run(PATIENCE, shell(runnable(example)));
        assertEquals(0, result.exitCode(), () -> example + ": " + result.output());
      }
    }

    /**
     * Lets the consumer connect once, because only one that was seen can be retried or forgotten.
     */
    private void known(String consumer) throws Exception {
      Process agent = follow("cpctl agent --id %s --dir %s".formatted(consumer, consumer));
      followers.remove(agent);
      end(new ArrayList<>(List.of(agent)));
    }

    /** The example in the shell that it is for; if that is not here, only what it writes. */
    private static String runnable(String example) {
      for (String shell : List.of("zsh", "fish")) {
        if (example.contains("completion " + shell)) {
          return Files.exists(Path.of("/usr/bin/" + shell))
              ? shell + " -c '" + example + "'"
              : "cpctl completion " + shell + " | grep -q cpctl";
        }
      }
      return example;
    }

    private Process follow(String example) throws IOException {
      Process process = start(example);
      followers.add(process);
      Await.until(
          PATIENCE,
          () -> example + " writes something; it wrote: " + output(process),
          () -> {
            assertTrue(process.isAlive(), () -> example + " ended: " + output(process));
            return !output(process).isEmpty();
          });
      return process;
    }

    private Process start(String command) throws IOException {
      Path output = Files.createTempFile(directory, "output-", ".txt");
      Process process =
          shell("exec " + command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      outputs.put(process, output);
      return process;
    }

    private String output(Process process) {
      try {
        return Files.readString(outputs.get(process));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private ProcessBuilder shell(String commands) {
      ProcessBuilder shell =
          new ProcessBuilder("bash", "-eu", "-o", "pipefail", "-c", commands)
              .directory(directory.toFile());
      Map<String, String> environment = shell.environment();
      environment.merge(
          "PATH", Tools.repository().resolve("bin").toString(), (path, own) -> own + ":" + path);
      environment.put("LC_ALL", "C.UTF-8");
      environment.put("CPCTL_UPLOAD_URL", cluster.uploadUrl());
      environment.put("CPCTL_CONSUMER_URL", cluster.consumerUrl());
      environment.put("CPCTL_GRPC", "127.0.0.1:" + cluster.grpcPort());
      environment.put("CPCTL_GRPC_HTTP_URL", cluster.grpcHttpUrl());
      return shell;
    }

    /** Interrupts all that runs but the agent of the first line. */
    void endFollowers() throws InterruptedException {
      end(followers.subList(1, followers.size()));
    }

    private static void end(List<Process> processes) throws InterruptedException {
      processes.forEach(Process::destroy);
      for (Process process : processes) {
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
          process.destroyForcibly().waitFor();
          throw new AssertionError(process.info() + " does not end");
        }
      }
      processes.clear();
    }

    @Override
    public void close() {
      try {
        end(followers);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      } finally {
        cluster.close();
      }
    }
  }
}
