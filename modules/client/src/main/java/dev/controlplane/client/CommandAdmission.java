package dev.controlplane.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * Asks a shell command: {@code sh -c COMMAND}, with {@code CPCTL_WORKER}, {@code CPCTL_VERSION} and
 * {@code CPCTL_FILE} in its environment. An exit code other than 0 rejects the version, with that
 * code and the last line of its output; so does taking longer than it may, with the code {@code
 * timeout}.
 */
public final class CommandAdmission implements Admission {
  private static final int LONGEST_LINE = 4096;

  /** What children that outlive the command may still say. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private final String command;
  private final Duration limit;
  private final BiConsumer<Candidate, String> output;

  /**
   * Such a command.
   *
   * @param limit what it may take; it is killed then, with its children
   * @param output takes each line that it writes, to stdout or stderr
   */
  public CommandAdmission(String command, Duration limit, BiConsumer<Candidate, String> output) {
    this.command = command;
    this.limit = limit;
    this.output = output;
  }

  @Override
  public void admit(Candidate candidate) throws RejectedException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder("sh", "-c", command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
    builder.environment().put("CPCTL_WORKER", candidate.worker());
    builder.environment().put("CPCTL_VERSION", candidate.version());
    builder.environment().put("CPCTL_FILE", candidate.file().toString());
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new RejectedException("not_started", e.getMessage());
    }
    Lines lines = new Lines(candidate, process.getInputStream());
    Thread reader = Thread.ofVirtual().name("output of the hook").start(lines);
    boolean ended = false;
    try {
      ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      if (!ended) {
        kill(process);
      }
    }
    reader.join(LAST_WORDS);
    if (!ended) {
      String last = lines.last();
      throw new RejectedException(
          "timeout",
          "took longer than %d s%s"
              .formatted(limit.toSeconds(), last.isEmpty() ? "" : ": " + last));
    }
    if (process.exitValue() != 0) {
      throw new RejectedException(String.valueOf(process.exitValue()), lines.last());
    }
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /** Reads until nobody can write any more. */
  private final class Lines implements Runnable {
    private final Candidate candidate;
    private final InputStream stream;
    private volatile String last = "";

    Lines(Candidate candidate, InputStream stream) {
      this.candidate = candidate;
      this.stream = stream;
    }

    String last() {
      return last;
    }

    @Override
    public void run() {
      byte[] line = new byte[LONGEST_LINE];
      int length = 0;
      try (stream) {
        for (int b = stream.read(); b >= 0; b = stream.read()) {
          if (b != '\n') {
            line[length++] = (byte) b;
          }
          if (b == '\n' || length == line.length) {
            told(line, length);
            length = 0;
          }
        }
      } catch (IOException e) {
        // The process was killed; what it had said so far counts.
        told(line, length);
        return;
      }
      told(line, length);
    }

    private void told(byte[] line, int length) {
      String text = new String(line, 0, length, StandardCharsets.UTF_8).strip();
      if (!text.isEmpty()) {
        last = text;
        output.accept(candidate, text);
      }
    }
  }
}
