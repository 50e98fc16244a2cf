package dev.controlplane.pprof.attach;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * A temporary jar with {@link Agent} alone. The JVM puts all of an agent's jar on the program's
 * class path, and the tool's own jar would get into the way of a program that has this library.
 */
final class AgentJar implements AutoCloseable {
  private final Path file;

  AgentJar() throws IOException {
    file = Files.createTempFile("pprof-agent-", ".jar");
    var manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Agent-Class", Agent.class.getName());
    String entry = Agent.class.getName().replace('.', '/') + ".class";
    try (InputStream in = Agent.class.getResourceAsStream("/" + entry);
        OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out, manifest)) {
      jar.putNextEntry(new JarEntry(entry));
      in.transferTo(jar);
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  Path file() {
    return file;
  }

  /** Deletes it. A JVM that has loaded it keeps it open. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
  }
}
