package dev.controlplane.pprof.attach;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.AgentLoadException;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

/**
 * A JVM whose profiles are served now.
 *
 * @param address host and port
 * @param program its main class or jar, without arguments
 * @param version its JDK
 * @param profiles the names of what it serves
 */
record Attachment(String address, String program, String version, List<String> profiles) {
  private static final int OLDEST = 21;

  /** Loads this jar into a JVM as an agent. */
  static Attachment to(Target target, int port) throws AttachException {
    VirtualMachine machine = attach(target);
    try {
      Properties properties = machine.getSystemProperties();
      checkVersion(target, properties);
      String before = properties.getProperty(Agent.ANSWER, "");
      if (!before.isEmpty() && !before.startsWith("error: ")) {
        throw new AttachException(
            "another tool serves the profiles of process %d already, at http://%s/debug/pprof/"
                .formatted(target.pid(), before.split(" ", 2)[0]));
      }
      load(machine, target, port);
      return answer(target, machine.getSystemProperties());
    } catch (IOException e) {
      throw new AttachException(
          "process " + target.pid() + " ended or hangs: " + e.getMessage(), e);
    } finally {
      detach(machine);
    }
  }

  private static VirtualMachine attach(Target target) throws AttachException {
    try {
      return VirtualMachine.attach(Long.toString(target.pid()));
    } catch (AttachNotSupportedException | IOException e) {
      // The JDK's words for a process that would die of the signal that attaching begins with.
      boolean noJvm = String.valueOf(e.getMessage()).contains("not ready to participate");
      String why =
          target
              .refusal()
              .orElse(
                  noJvm
                      ? "it does not handle SIGQUIT as JVMs do; is it one?"
                      : "its JVM does not answer; does it hang, or run in another container?");
      throw new AttachException("process " + target.pid() + " can't be attached to: " + why, e);
    }
  }

  private static void checkVersion(Target target, Properties properties) throws AttachException {
    String version = properties.getProperty("java.specification.version", "");
    boolean tooOld = version.startsWith("1.");
    try {
      tooOld |= Integer.parseInt(version) < OLDEST;
    } catch (NumberFormatException e) {
      tooOld = true;
    }
    if (tooOld) {
      throw new AttachException(
          "process %d runs on Java %s; this needs %d or later"
              .formatted(target.pid(), version, OLDEST));
    }
  }

  private static void load(VirtualMachine machine, Target target, int port)
      throws AttachException, IOException {
    Path jar = ownJar();
    try (AgentJar agent = new AgentJar()) {
      machine.loadAgent(
          agent.file().toString(), ProcessHandle.current().pid() + " " + port + " " + jar);
    } catch (AgentLoadException | AgentInitializationException e) {
      String why =
          target
              .refusal()
              .orElse(e.getMessage() + "; has it another directory for temporary files?");
      throw new AttachException("process " + target.pid() + " does not load the agent: " + why, e);
    }
  }

  private static Path ownJar() throws AttachException {
    try {
      Path jar =
          Path.of(Attachment.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      if (jar.toString().endsWith(".jar")) {
        return jar;
      }
      throw new AttachException("attach needs the tool's jar: java -jar pprof.jar attach PID");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Attachment answer(Target target, Properties properties) throws AttachException {
    String answer = properties.getProperty(Agent.ANSWER, "error: it is silent");
    if (answer.startsWith("error: ")) {
      throw new AttachException(
          "process %d can't serve its profiles: %s"
              .formatted(target.pid(), explain(answer.substring("error: ".length()))));
    }
    String[] words = answer.split(" ", 2);
    String command = properties.getProperty("sun.java.command", "").split(" ", 2)[0];
    return new Attachment(
        words[0],
        command.isEmpty() ? "an unknown program" : Path.of(command).getFileName().toString(),
        properties.getProperty("java.vendor", "")
            + " "
            + properties.getProperty("java.version", ""),
        List.of(words[1].split(",", -1)));
  }

  private static String explain(String error) {
    if (error.contains("com/sun/net/httpserver")) {
      return "its JVM has no module jdk.httpserver";
    }
    if (error.contains("UnsupportedClassVersionError")) {
      return "its Java is older than this tool supports";
    }
    if (error.contains("ClassNotFoundException: dev.controlplane")) {
      return "it can't read the jar of this tool";
    }
    return error.contains("BindException") ? "the port is in use; leave out --port" : error;
  }

  private static void detach(VirtualMachine machine) {
    try {
      machine.detach();
    } catch (IOException e) {
      // It has ended.
    }
  }
}
