package dev.controlplane.client.agent.admission;

import java.io.File;
import java.io.IOException;
import java.lang.System.Logger;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;

/**
 * An admission by a shell command: {@code sh -c COMMAND} with {@code CPCTL_WORKER}, {@code
 * CPCTL_VERSION} and {@code CPCTL_FILE} in its environment.
 *
 * <ul>
 *   <li>Exit code 0 accepts the version. Another exit code rejects it, with that code and the last
 *       line of output.
 *   <li>The agent asks again before it rejects the version if the command ran into the time limit
 *       (code {@code timeout}), was ended by a signal, or could not be run (the shell's exit codes
 *       126, not executable, and 127, not found).
 *   <li>Output counts until the command itself has ended. What a surviving child writes later is
 *       lost.
 * </ul>
 */
public final class CommandAdmission implements Admission {
  private static final Logger LOG = System.getLogger(CommandAdmission.class.getPackageName());

  private static final Lock STARTING = new ReentrantLock();

  private static final Duration POLL = Duration.ofMillis(10);

  /**
   * From this exit code on, the shell could not run the command or the command was ended by a
   * signal (POSIX.1-2024, Shell and Utilities, section 2.8.2).
   */
  private static final int NOT_EXECUTABLE = 126;

  /** The exit code of a process that was ended by a signal is above this. */
  private static final int SIGNALS = 128;

  /** How long this process may take to learn of a signal that its command got too. */
  private static final Duration GRACE = Duration.ofMillis(300);

  private static final Duration GRACE_AFTER_SIGNAL = Duration.ofSeconds(2);

  private final String command;
  private final Duration limit;
  private final BiConsumer<Candidate, String> output;

  /**
   * Creates the admission.
   *
   * @param limit the time limit, after which the command and its children are killed
   * @param output receives each line that the command writes to stdout or stderr
   */
  public CommandAdmission(String command, Duration limit, BiConsumer<Candidate, String> output) {
    this.command = command;
    this.limit = limit;
    this.output = output;
  }

  /**
   * Runs the command.
   *
   * @throws InterruptedException if the agent is ending. A command that fails while the process
   *     ends was most likely ended by the same signal, so its failure is not a verdict.
   */
  @Override
  public void admit(Candidate candidate) throws RejectedException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder("sh", "-c", command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    builder.environment().put("CPCTL_WORKER", candidate.worker());
    builder.environment().put("CPCTL_VERSION", candidate.version());
    builder.environment().put("CPCTL_FILE", candidate.file().toString());
    Process process = start(builder);
    CommandOutput lines =
        new CommandOutput(process.getInputStream(), line -> tell(candidate, line));
    boolean ended = false;
    try {
      ended = await(process, lines);
    } finally {
      if (!ended) {
        kill(process);
      }
      lines.close();
    }
    if (!ended) {
      throw RejectedException.undecided(
          "timeout",
          "took longer than %d s%s"
              .formatted(limit.toSeconds(), lines.last().isEmpty() ? "" : ": " + lines.last()));
    }
    int code = process.exitValue();
    if (code != 0) {
      requireVerdict(code);
      String word = String.valueOf(code);
      throw code >= NOT_EXECUTABLE
          ? RejectedException.undecided(word, lines.last())
          : new RejectedException(word, lines.last());
    }
  }

  /**
   * Starts one process at a time. A child has copies of this process's descriptors until it runs
   * its program, and a file that any process has open for writing can't be executed. When this
   * method returns, the child has closed them.
   */
  private static Process start(ProcessBuilder builder) throws RejectedException {
    STARTING.lock();
    try {
      return builder.start();
    } catch (IOException e) {
      throw RejectedException.undecided("not_started", e.getMessage());
    } finally {
      STARTING.unlock();
    }
  }

  /** Waits for the command; returns whether it ended in time. */
  private boolean await(Process process, CommandOutput lines) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (System.nanoTime() < end) {
      boolean more = lines.read();
      if (process.waitFor(more ? 0 : POLL.toMillis(), TimeUnit.MILLISECONDS)) {
        lines.readRest();
        return true;
      }
    }
    return false;
  }

  /**
   * Waits until the command's failure counts as a verdict. systemd and Ctrl-C signal the agent and
   * its command together, and the command may end first.
   */
  private static void requireVerdict(int code) throws InterruptedException {
    Duration grace = code > SIGNALS ? GRACE_AFTER_SIGNAL : GRACE;
    long end = System.nanoTime() + grace.toNanos();
    while (System.nanoTime() < end) {
      if (isShuttingDown()) {
        throw new InterruptedException("the process ends");
      }
      Thread.sleep(POLL);
    }
  }

  private static boolean isShuttingDown() {
    Thread probe = new Thread(() -> {});
    try {
      Runtime.getRuntime().addShutdownHook(probe);
      Runtime.getRuntime().removeShutdownHook(probe);
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }

  private void tell(Candidate candidate, String line) {
    try {
      output.accept(candidate, line);
    } catch (RuntimeException | AssertionError | LinkageError e) {
      // A failing observer does not affect the verdict.
      LOG.log(Logger.Level.WARNING, "could not pass on the output of the command", e);
    }
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
