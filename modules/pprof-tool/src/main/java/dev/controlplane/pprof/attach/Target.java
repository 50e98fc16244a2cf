package dev.controlplane.pprof.attach;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A process as the system shows it, before anything is done to it. */
final class Target {
  private final long pid;

  private Target(long pid) {
    this.pid = pid;
  }

  /**
   * Finds a process that can be attached to, as far as can be seen from outside. Attaching to a
   * program that is no JVM could end it: the JVM's mechanism begins with a signal.
   */
  static Target of(long pid) throws AttachException {
    ProcessHandle process =
        ProcessHandle.of(pid)
            .filter(ProcessHandle::isAlive)
            .orElseThrow(
                () ->
                    new AttachException(
                        "there is no process "
                            + pid
                            + "; jps and pgrep java list those there are"));
    if (pid == ProcessHandle.current().pid()) {
      throw new AttachException(pid + " is this tool itself");
    }
    var target = new Target(pid);
    target.checkUser(process);
    target.checkJvm();
    return target;
  }

  private void checkUser(ProcessHandle process) throws AttachException {
    Optional<String> owner = process.info().user();
    Optional<String> own = ProcessHandle.current().info().user();
    if (owner.isPresent() && own.isPresent() && !owner.equals(own)) {
      throw new AttachException(
          "process %d runs as %s, this tool as %s: a JVM lets only its own user in; try sudo -u %2$s java -jar pprof.jar attach %1$d"
              .formatted(pid, owner.get(), own.get()));
    }
  }

  private void checkJvm() throws AttachException {
    String maps = read("maps");
    if (maps.isEmpty()) {
      return; // Not Linux: attaching tells.
    }
    if (maps.contains("/libj9vm")) {
      throw new AttachException(
          "process " + pid + " is an OpenJ9 JVM; only HotSpot can be attached to");
    }
    if (!maps.contains("/libjvm.so")) {
      throw new AttachException(
          "process "
              + pid
              + " is no JVM (a native image is none either); jps and pgrep java list those there"
              + " are");
    }
  }

  /** Why the JVM did not let the tool in, if its command line says so. */
  Optional<String> refusal() {
    String options = read("cmdline");
    if (options.contains("-XX:+DisableAttachMechanism")) {
      return Optional.of(
          "it was started with -XX:+DisableAttachMechanism, which forbids attaching; start it"
              + " without");
    }
    if (options.contains("-XX:-EnableDynamicAgentLoading")) {
      return Optional.of(
          "it was started with -XX:-EnableDynamicAgentLoading, which forbids agents; start it"
              + " without, or convert a dump of: jcmd "
              + pid
              + " Thread.dump_to_file -format=json FILE");
    }
    return Optional.empty();
  }

  /** A file of the kernel about the process; empty if it can't be read. */
  private String read(String name) {
    try {
      return Files.readString(
          Path.of("/proc", Long.toString(pid), name), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  long pid() {
    return pid;
  }
}
