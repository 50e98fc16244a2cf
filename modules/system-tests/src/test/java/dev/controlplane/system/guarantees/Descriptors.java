package dev.controlplane.system.guarantees;

import dev.controlplane.system.harness.Tools;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes the file descriptors of a running process away: it keeps those that it has open, and gets
 * no other until they are given back.
 */
public final class Descriptors implements AutoCloseable {
  private static final Pattern SOFT = Pattern.compile("NOFILE\\s+(\\S+)");

  private final long pid;
  private final String before;

  private Descriptors(long pid, String before) {
    this.pid = pid;
    this.before = before;
  }

  /** The process, which must live, gets no new file descriptor until this is closed. */
  public static Descriptors exhausted(long pid) {
    return exhaustedIfAlive(pid)
        .orElseThrow(() -> new AssertionError("process " + pid + " has ended"));
  }

  /** As {@link #exhausted}; empty if the process has ended. */
  static Optional<Descriptors> exhaustedIfAlive(long pid) {
    Tools.Result limits = prlimit(pid, "--nofile", "--raw", "--output", "RESOURCE,SOFT");
    Tools.Result taken = prlimit(pid, "--nofile=1:");
    if (taken.exitCode() != 0 && ProcessHandle.of(pid).isEmpty()) {
      return Optional.empty();
    }
    taken.mustSucceed();
    Matcher soft = SOFT.matcher(limits.mustSucceed().output());
    if (!soft.find()) {
      throw new AssertionError("prlimit tells no limit of open files: " + limits);
    }
    return Optional.of(new Descriptors(pid, soft.group(1)));
  }

  private static Tools.Result prlimit(long pid, String... options) {
    String[] command = new String[options.length + 3];
    command[0] = "prlimit";
    command[1] = "--pid";
    command[2] = String.valueOf(pid);
    System.arraycopy(options, 0, command, 3, options.length);
    return Tools.run(command);
  }

  /** Gives them back, if the process still lives. */
  @Override
  public void close() {
    if (ProcessHandle.of(pid).isPresent()) {
      prlimit(pid, "--nofile=" + before + ":");
    }
  }
}
