package dev.controlplane.faults;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** An agent as a jar that a server's JVM can be given. */
public final class AgentJar {
  private final Path jar;

  private AgentJar(Path jar) {
    this.jar = jar;
  }

  /** Packs the classes of this package into a new file of a directory. */
  public static AgentJar pack(Path directory) {
    return pack(FaultAgent.class, directory);
  }

  /** Packs an agent, with the other classes of its package, into a new file of a directory. */
  public static AgentJar pack(Class<?> agent, Path directory) {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", agent.getName());
    String packagePath = agent.getPackageName().replace('.', '/') + '/';
    try {
      Path jar = Files.createTempFile(directory, agent.getSimpleName(), ".jar");
      Path classes =
          Path.of(agent.getProtectionDomain().getCodeSource().getLocation().toURI())
              .resolve(packagePath);
      try (OutputStream file = Files.newOutputStream(jar);
          JarOutputStream out = new JarOutputStream(file, manifest);
          DirectoryStream<Path> each = Files.newDirectoryStream(classes, "*.class")) {
        for (Path one : each) {
          out.putNextEntry(new JarEntry(packagePath + one.getFileName()));
          Files.copy(one, out);
        }
      }
      return new AgentJar(jar);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The JVM's option that does what the options of fault points, mutants and others say. */
  public String jvmOption(String... options) {
    return "-javaagent:" + jar + '=' + String.join("+", options);
  }
}
