package dev.controlplane.pprof.jfr;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.Await;
import dev.controlplane.pprof.GoPprof;
import dev.controlplane.pprof.ProfileKind.Parameters;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.writers.ProfileWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code go tool pprof} says of profiles that the Flight Recorder gave. */
final class GoReadsTest {
  @TempDir private Path directory;

  private String pprof(Object... args) throws IOException, InterruptedException {
    return GoPprof.run(directory, args);
  }

  private Path file(Profile profile) throws IOException {
    Path file = directory.resolve("profile.pb.gz");
    try (OutputStream out = Files.newOutputStream(file)) {
      ProfileWriter.write(profile, out);
    }
    return file;
  }

  @Test
  void theHotMethodIsOnTopOfACpuProfile() throws Exception {
    try (var burning = new Burning()) {
      burning.on(Thread.ofVirtual(), burning::hotLoop);

      Path file =
          file(
              new CpuProfile(CpuProfile.Source.SAMPLES)
                  .record(Duration.ofMillis(20), Parameters.NONE, Burning.enough()));

      String top = pprof("-top", file);
      assertTrue(top.contains("Type: cpu\n"), top);
      assertTrue(top.contains("Duration: "), top);
      assertTrue(
          top.matches("(?s).*cum%\n +\\S+ +\\S+% +\\S+% +\\S+ +\\S+% +\\S*Burning\\.hotLoop\n.*"),
          top);
      assertTrue(pprof("-comments", file).contains("of CPU time meanwhile"));
      String list = pprof("-list=Burning.hotLoop", "-source_path=src/test/java", file);
      assertTrue(list.contains("sum = sum * 31 + i;"), list);
    }
  }

  @Test
  void theHeapIsReadInBinaryAndAsText() throws Exception {
    var kind = new HeapProfile();

    String top = pprof("-top", file(kind.collect(Parameters.NONE)));

    assertTrue(top.contains("Type: inuse_space\n"), top);
    assertTrue(top.contains("byte[].class"), top);
    Path text = directory.resolve("heap.txt");
    try (OutputStream out = Files.newOutputStream(text)) {
      kind.writeText(1, Parameters.NONE, out);
    }
    assertTrue(Files.readString(text).contains("# HeapAlloc = "));
    String raw = pprof("-raw", "-symbolize=none", text);
    assertTrue(raw.contains("objects/count space/bytes"), raw);
  }

  @Test
  void allocationsAreShownByBytesFirst() throws Exception {
    try (AllocsProfile allocs = AllocsProfile.start()) {
      Profile profile =
          Await.value(() -> allocs.collect(Parameters.NONE), some -> some.total(1) > 0);

      String top = pprof("-top", file(profile));

      assertTrue(top.contains("Type: alloc_space\n"), top);
      assertTrue(pprof("-top", "-sample_index=alloc_objects", file(profile)).contains("Type: "));
    }
  }

  @Test
  void theCreatorsOfThreadsAreReadAlsoWithoutAStack() throws Exception {
    String raw = pprof("-raw", file(new ThreadCreateProfile().collect(Parameters.NONE)));

    assertTrue(raw.contains("threadcreate/count"), raw);
  }
}
