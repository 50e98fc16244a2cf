package dev.controlplane.pprof.sources;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.controlplane.pprof.ChildJvm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file through which the JVM's own dump goes. */
final class TemporaryFilesTest {
  @TempDir private Path directory;

  @Test
  void aFileIsPrivateFromItsFirstByteWhateverTheUmask() throws IOException {
    Libc.keepFilesPrivate(directory);

    Path file = Files.createFile(directory.resolve("threads.json"));

    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  @Test
  void nothingIsLeftOfADumpThatTheDiskHasNoRoomFor() throws Exception {
    Path temporary = Files.createDirectory(directory.resolve("temporary"));
    // No file may have more than 1 KiB.
    String command =
        "ulimit -f 1; exec \"$@\" "
            + "-XX:-UsePerfData -Djava.io.tmpdir="
            + temporary
            + " -cp \"$CP\" "
            + FullDisk.class.getName();
    var words = new ArrayList<String>(List.of("bash", "-c", command, "bash"));
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(ChildJvm.OPTIONS);
    var builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().put("CP", System.getProperty("java.class.path"));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertEquals(0, process.waitFor(), output);
    assertEquals("File too large", output.strip());
    try (Stream<Path> left = Files.list(temporary)) {
      assertEquals(List.of(), left.toList());
    }
  }
}
