package dev.controlplane.pprof;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a main class of the tests in a JVM of its own. */
public final class ChildJvm {
  /** What the manifests of our jars say. */
  public static final List<String> OPTIONS =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "--add-exports=java.base/jdk.internal.vm=ALL-UNNAMED",
          "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
          "--add-opens=java.base/java.lang=ALL-UNNAMED",
          "--add-opens=java.base/java.util.concurrent.locks=ALL-UNNAMED",
          "--add-opens=java.base/jdk.internal.vm=ALL-UNNAMED");

  /** What came of it; the output has both streams. */
  public record Ended(int code, String output) {}

  private ChildJvm() {}

  public static Ended run(Path directory, List<String> options, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    return run(java, directory, options, main, arguments);
  }

  public static Ended run(
      Path java, Path directory, List<String> options, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(java.toString());
    command.addAll(options);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add("-Djava.io.tmpdir=" + directory);
    command.add(main.getName());
    command.addAll(List.of(arguments));
    Path output = directory.resolve("output.txt");
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (!process.waitFor(5, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError("still running: " + Files.readString(output));
    }
    return new Ended(process.exitValue(), Files.readString(output));
  }
}
