package dev.controlplane.system.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.faults.AgentJar;
import dev.controlplane.faults.Mutant;
import dev.controlplane.system.harness.Cluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What is answered outlives a power failure: strace sees the answer leave the real server after the
 * fsyncs that it depends on. {@code kill -9} can't show that, for the page cache outlives it.
 */
class FsyncTest {
  private static final byte[] CODE = "export default 1\n".getBytes(StandardCharsets.UTF_8);

  @Test
  void anUploadIsAnsweredOnceItsBytesItsNameAndItsTransactionAreOnDisk() throws IOException {
    assertEquals(List.of(), notOnDiskAtTheAnswer());
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.MATCH_ANY, names = ".*_WITHOUT_FSYNC")
  void aBuildThatAnswersBeforeAnFsyncIsCaught(Mutant mutant) throws IOException {
    Files.createDirectories(Path.of("target"));
    AgentJar agent = AgentJar.pack(Path.of("target").toAbsolutePath());
    String expected =
        switch (mutant) {
          case COMMITS_WITHOUT_FSYNC -> "the transaction";
          case RENAMES_WITHOUT_FSYNC -> "the blob's name";
          default -> throw new IllegalArgumentException(mutant.toString());
        };
    assertEquals(List.of(expected), notOnDiskAtTheAnswer(agent.jvmOption(mutant.options())));
  }

  /** Uploads something new to a server that is traced; what an answer then was too early for. */
  private static List<String> notOnDiskAtTheAnswer(String... jvmOptions) throws IOException {
    Cluster.Builder builder = Cluster.builder().withoutConsumerServer();
    try (Cluster cluster = builder.start()) {
      Path trace = cluster.root().resolve("trace.txt");
      cluster.upload().terminate(Duration.ofSeconds(30));
      cluster
          .upload()
          .commandPrefix(
              List.of(
                  "strace",
                  // The server keeps the pid of the process that is started.
                  "-D",
                  "-f",
                  "-y",
                  "-o",
                  trace.toString(),
                  "-e",
                  "trace=fsync,fdatasync,rename,pwrite64,write,writev,sendto"))
          .faults(jvmOptions)
          .launch()
          .awaitReady();
      cluster.published("traced", "1", CODE);
      cluster.upload().terminate(Duration.ofSeconds(30));
      return missing(Call.all(Files.readAllLines(trace, StandardCharsets.ISO_8859_1)));
    }
  }

  private static List<String> missing(List<Call> calls) {
    Call named =
        calls.stream()
            .filter(call -> call.is("rename") && call.names(Cluster.sha256(CODE) + '"'))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no blob got its name"));
    Call answer =
        calls.stream()
            .filter(call -> call.begun() > named.ended() && call.names("\"HTTP/1.1 200"))
            .findFirst()
            .orElseThrow(() -> new AssertionError("the upload was not answered"));
    Call logged =
        calls.stream()
            .filter(call -> call.is("pwrite64") && call.names("catalog.db-wal>"))
            .filter(call -> call.begun() > named.ended() && call.ended() < answer.begun())
            .reduce((_, last) -> last)
            .orElseThrow(() -> new AssertionError("the upload was not logged"));
    String[] paths = named.arguments().split("\"", -1);
    String part = paths[1];
    Path blob = Path.of(paths[3]);
    assertTrue(part.endsWith(".part"), part);

    List<String> missing = new ArrayList<>();
    if (!synced(calls, part, -1, named.begun())) {
      missing.add("the blob's bytes");
    }
    if (!synced(calls, blob.getParent().toString(), named.ended(), answer.begun())) {
      missing.add("the blob's name");
    }
    if (!synced(calls, "catalog.db-wal", logged.ended(), answer.begun())) {
      missing.add("the transaction");
    }
    return missing;
  }

  private static boolean synced(List<Call> calls, String path, int after, int before) {
    return calls.stream()
        .filter(call -> call.is("fsync") || call.is("fdatasync"))
        .filter(call -> call.names(path + '>') && call.arguments().endsWith("= 0"))
        .anyMatch(call -> call.begun() > after && call.ended() < before);
  }

  /**
   * A system call.
   *
   * @param arguments and the result, as strace prints them
   * @param begun line of the trace
   * @param ended line of the trace
   */
  private record Call(String name, String arguments, int begun, int ended) {
    private static final String UNFINISHED = " <unfinished ...>";

    boolean is(String other) {
      return name.equals(other);
    }

    boolean names(String text) {
      return arguments.contains(text);
    }

    static List<Call> all(List<String> lines) {
      List<Call> calls = new ArrayList<>();
      for (int i = 0; i < lines.size(); i++) {
        String[] words = lines.get(i).split(" +", 2);
        int bracket = words[1].indexOf('(');
        if (bracket <= 0 || words[1].startsWith("<...")) {
          continue;
        }
        String arguments = words[1].substring(bracket + 1);
        int end = i;
        if (arguments.endsWith(UNFINISHED)) {
          do {
            end++;
          } while (end < lines.size() && !lines.get(end).startsWith(words[0] + ' '));
          String rest = end < lines.size() ? lines.get(end) : "";
          arguments =
              arguments.substring(0, arguments.length() - UNFINISHED.length())
                  + rest.substring(rest.indexOf('>') + 1);
        }
        calls.add(new Call(words[1].substring(0, bracket), arguments, i, end));
      }
      return calls;
    }
  }
}
