package dev.controlplane.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/upload-server} and its like. */
class StartScriptTest {
  @TempDir Path directory;

  @Test
  void theServersStartFromTheCacheThatTheBuildMade() throws Exception {
    for (String server : List.of("upload-server", "consumer-server", "grpc-server")) {
      Path classes = directory.resolve(server + "-classes.txt");

      start(server, "-Xlog:class+load:file=" + classes);

      assertTrue(
          Files.readString(classes)
              .lines()
              .anyMatch(
                  line ->
                      line.contains("dev.controlplane.server.ServerProcess source:")
                          && line.contains("shared objects file")),
          () -> server + " loads its classes from the jars");
    }
  }

  @Test
  void theServersLoadTheLibraryThatTheBuildUnpacked() throws Exception {
    for (String server : List.of("upload-server", "consumer-server", "grpc-server")) {
      Path libraries = directory.resolve(server + "-libraries.txt");

      start(server, "-Xlog:library=info:file=" + libraries);

      String loaded = Files.readString(libraries);
      assertTrue(loaded.contains(server + "/target/native/libsqlitejdbc."), loaded);
    }
  }

  @Test
  void aLibraryThatCannotBeLoadedIsTakenFromTheJarAndNotLeftBehind() throws Exception {
    Path broken = Files.createDirectory(directory.resolve("broken"));
    Path temporary = Files.createDirectory(directory.resolve("temporary"));
    Path libraries = directory.resolve("libraries.txt");
    Files.writeString(broken.resolve("libsqlitejdbc.so"), "not a library");

    start(
        "upload-server",
        "-Xlog:library=info:file=%s -Dorg.sqlite.lib.path=%s -Djava.io.tmpdir=%s"
            .formatted(libraries, broken, temporary));

    String loaded = Files.readString(libraries);
    assertTrue(loaded.contains(temporary + "/sqlite-"), loaded);
    try (Stream<Path> left = Files.list(temporary)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void whereTheCacheSuitsTheJvmNotTheServerStartsWithoutAndSaysNothingOfIt() throws Exception {
    String said = start("upload-server", "-XX:+UseCompactObjectHeaders");

    assertEquals(
        List.of(),
        said.lines()
            .filter(line -> !line.startsWith("time=") && !line.startsWith("Picked up "))
            .toList());
  }

  /** Starts a server by its script and ends it; what it said. */
  private String start(String server, String options) throws IOException, InterruptedException {
    Path output = directory.resolve(server + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(Tools.repository().resolve("bin").resolve(server).toString())
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "JAVA_OPTIONS",
                options,
                "STORAGE_PATH",
                directory.resolve("data").toString(),
                "UPLOAD_PORT",
                "0",
                "CONSUMER_PORT",
                "0",
                "GRPC_PORT",
                "0",
                "HTTP_PORT",
                "0"));
    Process process = builder.start();
    try {
      Await.until(
          Duration.ofMinutes(2),
          () -> server + " is ready; " + said(output),
          () -> said(output).contains("event=ready"));
      process.destroy();
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), server + " still runs");
    } finally {
      process.destroyForcibly();
    }
    return said(output);
  }

  private static String said(Path output) {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
