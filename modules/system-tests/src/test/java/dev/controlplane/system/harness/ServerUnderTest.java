package dev.controlplane.system.harness;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One real jar as a process: started, watched, told to end, killed, started again. */
public final class ServerUnderTest {
  /** A second or two where nothing else runs. */
  private static final Duration START = Duration.ofMinutes(4);

  private final String name;
  private final Path directory;
  private final Map<String, String> environment;
  private final List<String> jvmOptions;
  private List<String> prefix = List.of();
  private List<String> faults = List.of();
  private boolean unread;
  private Process process;
  private int starts;

  public ServerUnderTest(
      String name, Path directory, Map<String, String> environment, List<String> jvmOptions) {
    this.name = name;
    this.directory = directory;
    this.environment = new HashMap<>(environment);
    this.jvmOptions = List.copyOf(jvmOptions);
  }

  /** The jar of a module, as {@code mvn package} left it. */
  public static Path jar(String module) {
    Path jar = Path.of("..", module, "target", module + ".jar").toAbsolutePath().normalize();
    if (!Files.exists(jar)) {
      throw new IllegalStateException(jar + " is missing; run: mvn package -DskipTests");
    }
    return jar;
  }

  /** The options by which the start scripts name the cache of loaded classes. */
  private List<String> classCache() {
    Path cache = jar(name).resolveSibling(name + ".aot");
    return Files.exists(cache)
        ? List.of("-XX:AOTCache=" + cache, "-Xlog:aot*=off,cds*=off")
        : List.of();
  }

  /** The java command that runs the tests, and so the servers. */
  public static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** A command that ends by running the rest of its command line in its place. */
  public ServerUnderTest commandPrefix(List<String> command) {
    prefix = List.copyOf(command);
    return this;
  }

  /** A variable of the environment for the launches from now on. */
  public ServerUnderTest with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** Options of the JVM for the launches from now on, besides those that it always has. */
  public ServerUnderTest faults(String... options) {
    faults = List.of(options);
    return this;
  }

  /** What the launches from now on write goes to a pipe, which nobody reads but {@link #rest}. */
  public ServerUnderTest unread() {
    unread = true;
    return this;
  }

  /** What is read from the pipe until the process closes it. */
  public String rest() {
    try (InputStream pipe = process.getInputStream()) {
      return new String(pipe.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Starts the process without waiting. */
  public ServerUnderTest launch() {
    try {
      Files.createDirectories(directory);
      List<String> command = new ArrayList<>(prefix);
      command.add(java());
      command.addAll(classCache());
      command.addAll(jvmOptions);
      command.addAll(faults);
      command.addAll(List.of("-jar", jar(name).toString()));
      ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
      builder.environment().putAll(environment);
      starts++;
      builder.redirectErrorStream(true);
      if (!unread) {
        builder.redirectOutput(log().toFile());
      }
      process = builder.start();
      return this;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Waits for the ready line of the newest start. */
  public ServerUnderTest awaitReady() {
    Await.until(
        START,
        () -> name + " is ready; its log: " + logText(),
        () -> {
          if (!process.isAlive()) {
            throw new AssertionError(
                name + " ended with " + process.exitValue() + ": " + logText());
          }
          return logText().contains("event=ready");
        });
    return this;
  }

  /** Waits until the newest start is ready, or has ended. */
  public void awaitReadyOrEnd() {
    Await.until(
        START,
        () -> name + " is ready, or ends; its log: " + logText(),
        () -> !process.isAlive() || logText().contains("event=ready"));
  }

  /** {@code kill -9}. */
  public void killHard() {
    process.destroyForcibly();
    awaitEnd(Duration.ofSeconds(10));
  }

  /** SIGTERM; the exit code. */
  public int terminate(Duration limit) {
    // Process.destroy would also close the pipe to it.
    process.toHandle().destroy();
    return awaitEnd(limit);
  }

  /**
   * Waits for the process to end; whether it did so in one of the two ways that docs/debugging.md
   * tells for a lack of file descriptors: a class could not be loaded, or Flight Recorder gave up.
   */
  public boolean endedForWantOfDescriptors(Duration limit) {
    return switch (awaitEnd(limit)) {
      case 70 -> logText().contains("event=class-unusable");
      case 134 -> logText().contains("irrecoverable error in Jfr");
      default -> false;
    };
  }

  /** Waits for the process to end; the exit code. */
  public int awaitEnd(Duration limit) {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(name + " still runs after " + limit + ": " + logText());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Ends what may still run. */
  public void clear() {
    if (process != null && process.isAlive()) {
      killHard();
    }
  }

  /** What the JVM's own tool prints of the server. */
  public String jcmd(String command) {
    return asked(command).mustSucceed().output();
  }

  private Tools.Result asked(String command) {
    String jcmd = Path.of(java()).resolveSibling("jcmd").toString();
    return Tools.run(jcmd, String.valueOf(pid()), command);
  }

  /**
   * Waits until the server records for its profiles, or has ended. Flight Recorder ends the JVM if
   * it finds no file descriptor in the moment in which it starts.
   */
  public void awaitRecording() {
    Await.until(
        Duration.ofSeconds(30),
        () -> name + " records: " + logText(),
        () -> !alive() || asked("JFR.check").output().contains("(running)"));
  }

  public boolean alive() {
    return process.isAlive();
  }

  public long pid() {
    return process.pid();
  }

  public String name() {
    return name;
  }

  /** The working directory. */
  public Path directory() {
    return directory;
  }

  private Path log() {
    return directory.resolve(name + "-" + starts + ".log");
  }

  /** What the newest start wrote to stdout and stderr. */
  public String logText() {
    try {
      return Files.exists(log()) ? Files.readString(log()) : "";
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
