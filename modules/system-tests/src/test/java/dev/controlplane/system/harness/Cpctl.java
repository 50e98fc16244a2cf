package dev.controlplane.system.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The real client jar as a process, set to the servers of a cluster. */
public final class Cpctl {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private final Map<String, String> environment;
  private final Path directory;
  private final List<String> command = new ArrayList<>(List.of(ServerUnderTest.java()));

  /** Runs in a directory of its own below the cluster's. */
  public Cpctl(Cluster cluster, String... jvmOptions) {
    environment =
        new HashMap<>(
            Map.of(
                "CPCTL_UPLOAD_URL", cluster.uploadUrl(),
                "CPCTL_CONSUMER_URL", cluster.consumerUrl(),
                "CPCTL_GRPC", "127.0.0.1:" + cluster.grpcPort(),
                "CPCTL_GRPC_HTTP_URL", cluster.grpcHttpUrl(),
                "LC_ALL", "C.UTF-8"));
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of(jvmOptions));
    command.addAll(List.of("-jar", ServerUnderTest.jar("client").toString()));
    try {
      directory = Files.createTempDirectory(cluster.root(), "cpctl-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A variable of the environment for the commands from now on. */
  public Cpctl with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** Runs the commands from now on by another command, which gets their command line. */
  public Cpctl by(String... prefix) {
    command.addAll(0, List.of(prefix));
    return this;
  }

  /** Runs another command in the same place and environment, which gets no command line. */
  public Cpctl instead(String... other) {
    command.clear();
    command.addAll(List.of(other));
    return this;
  }

  /** Where it runs. */
  public Path directory() {
    return directory;
  }

  /** Runs one command to its end. */
  public Run run(String... arguments) {
    return start(arguments).awaitEnd();
  }

  /** Starts one command. */
  public Run start(String... arguments) {
    try {
      List<String> line = new ArrayList<>(command);
      line.addAll(List.of(arguments));
      Path out = Files.createTempFile(directory, "out-", ".log");
      Path err = Files.createTempFile(directory, "err-", ".log");
      ProcessBuilder builder = new ProcessBuilder(line).directory(directory.toFile());
      builder.environment().putAll(environment);
      builder.redirectOutput(out.toFile()).redirectError(err.toFile());
      return new Run(builder.start(), out, err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A command that runs or ran. */
  public record Run(Process process, Path outFile, Path errFile) implements AutoCloseable {
    public Run awaitEnd() {
      try {
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
          close();
          throw new AssertionError("cpctl still runs after " + LIMIT + ": " + this);
        }
        return this;
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    /** Waits until stderr says so. */
    public Run awaitErr(String text) {
      awaitText(text, this::err);
      return this;
    }

    /** Waits until stdout has a line with this text. */
    public Run awaitOut(String text) {
      awaitText(text, this::out);
      return this;
    }

    private void awaitText(String text, java.util.function.Supplier<String> source) {
      Await.until(
          Duration.ofSeconds(60),
          () -> "\"" + text + "\" in " + this,
          () -> {
            if (!process.isAlive() && !source.get().contains(text)) {
              throw new AssertionError("cpctl ended: " + this);
            }
            return source.get().contains(text);
          });
    }

    public int code() {
      return process.exitValue();
    }

    public String out() {
      return text(outFile);
    }

    public String err() {
      return text(errFile);
    }

    private static String text(Path file) {
      try {
        return Files.readString(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }

    @Override
    public String toString() {
      return "stdout: " + out() + "\nstderr: " + err();
    }
  }
}
