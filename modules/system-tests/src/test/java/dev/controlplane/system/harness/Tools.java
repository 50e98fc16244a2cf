package dev.controlplane.system.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The outside programs that judge the servers. {@code bin/tools} installs what is missing. */
public final class Tools {
  private static final Path REPOSITORY = Path.of("..", "..").toAbsolutePath().normalize();

  private Tools() {}

  /** The root of the repository. */
  public static Path repository() {
    return REPOSITORY;
  }

  /** A program that the repository pins and builds. */
  public static String built(String name) {
    return required(REPOSITORY.resolve(".tools/bin").resolve(name));
  }

  /** The Python that has the wheels that the repository pins. */
  public static String python() {
    return required(REPOSITORY.resolve(".tools/venv/bin/python"));
  }

  private static String required(Path program) {
    if (!Files.isExecutable(program)) {
      throw new AssertionError(program + " is missing; install it with: bin/tools");
    }
    return program.toString();
  }

  /** What a program that has ended said. */
  public record Result(int exitCode, String output) {
    /** Fails, with the output, unless the exit code is 0. */
    public Result mustSucceed() {
      if (exitCode != 0) {
        throw new AssertionError("exit code " + exitCode + ": " + output);
      }
      return this;
    }
  }

  /** Runs a program to its end; stdout and stderr are one. */
  public static Result run(String... command) {
    return run(Duration.ofSeconds(60), new ProcessBuilder(List.of(command)));
  }

  /** Runs a program to its end; stdout and stderr are one. */
  public static Result run(Duration limit, ProcessBuilder builder) {
    String name = builder.command().getFirst();
    try {
      Path output = Files.createTempFile("output", ".txt");
      try {
        Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
        process.getOutputStream().close();
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
          process.destroyForcibly().waitFor();
          throw new AssertionError(
              name + " still runs after " + limit + ": " + Files.readString(output));
        }
        return new Result(process.exitValue(), Files.readString(output));
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          name + " can't be run; install what is missing with: bin/tools", e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
