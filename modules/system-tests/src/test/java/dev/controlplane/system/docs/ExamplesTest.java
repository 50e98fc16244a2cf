package dev.controlplane.system.docs;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Types every example of the reference pages, in order, against fresh servers, and compares what
 * comes with what the page shows. An {@code sh} block runs to its end; an {@code sh follow} block
 * goes on running, as in a terminal of its own, once its output is there.
 */
class ExamplesTest {
  /** For a machine that has much else to do. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "README.md",
        "docs/http-api.md",
        "docs/grpc-api.md",
        "docs/cpctl.md",
        "docs/operations.md",
        "docs/debugging.md"
      })
  void everyExampleOfThePageWorksAndPrintsWhatThePageShows(String name) throws Exception {
    try (Terminals terminals = new Terminals()) {
      List<Executable> examples = new ArrayList<>();
      List<Page.Block> blocks = Page.read(name).blocks();
      for (int i = 0; i < blocks.size(); i++) {
        Page.Block block = blocks.get(i);
        Page.Block next = i + 1 < blocks.size() ? blocks.get(i + 1) : null;
        boolean shown = next != null && next.isOutput() && !next.follow() && block.isCommand();
        ExpectedOutput expected = shown ? new ExpectedOutput(terminals.mine(next)) : null;
        if (block.isCommand()) {
          examples.add(
              () ->
                  terminals.type(name + ", line " + block.line(), terminals.mine(block), expected));
        } else if (block.follow()) {
          examples.add(() -> terminals.await(new ExpectedOutput(terminals.mine(block))));
        }
      }
      assertFalse(examples.isEmpty());
      assertAll(name, examples);
    }
  }

  @Test
  void outputThatVariesWhereThePageSaysSoIsAsExpected() {
    ExpectedOutput text = expected("text", "a  … c\n…\nend\n");
    assertTrue(text.isAllOf("a b c\none\ntwo\nend\n"));
    assertTrue(text.isAllOf("a   b b c\nend\n"));
    assertFalse(text.isAllOf("a b d\nend\n"));
    assertFalse(text.isAllOf("a b c\nend\nmore\n"));
    assertTrue(text.isIn("before\na b c\nend\nmore\n"));
    ExpectedOutput json = expected("json", "{\n \"a\": \"…\",\n \"b\": 1\n}\n");
    assertTrue(json.isAllOf("{\"a\":\"x\",\"b\":1}\n"));
    assertFalse(json.isAllOf("{\"a\":\"x\",\"b\":2}\n"));
    assertTrue(expected("json", "{\"a_b\": 1}\n").isAllOf("{\"aB\":1}\n"));
    assertFalse(expected("json", "{\"a\": \"a_b\"}\n").isAllOf("{\"a\":\"aB\"}\n"));
  }

  private static ExpectedOutput expected(String language, String content) {
    return new ExpectedOutput(new Page.Block(1, language, false, content));
  }

  /** The servers of one page, and the shells that its reader types into. */
  private static final class Terminals implements AutoCloseable {
    private final Cluster cluster = Cluster.start();
    private final Path directory;
    private final List<Process> followers = new ArrayList<>();
    private Path following;

    Terminals() throws IOException {
      // The root of the repository as the page's reader sees it, without leaving files there.
      directory = Files.createDirectory(cluster.root().resolve("page"));
      for (String part : List.of("modules", "bin", "examples", "proto")) {
        Files.createSymbolicLink(directory.resolve(part), Tools.repository().resolve(part));
      }
    }

    /** A block in which the ports are those of this cluster. */
    Page.Block mine(Page.Block block) {
      String content =
          block
              .content()
              .replaceAll("\\b8080\\b", port(cluster.uploadUrl()))
              .replaceAll("\\b8081\\b", port(cluster.consumerUrl()))
              .replaceAll("\\b8082\\b", port(cluster.grpcHttpUrl()))
              .replaceAll("\\b50051\\b", String.valueOf(cluster.grpcPort()));
      return new Page.Block(block.line(), block.language(), block.follow(), content);
    }

    private static String port(String url) {
      return url.substring(url.lastIndexOf(':') + 1);
    }

    void type(String where, Page.Block block, ExpectedOutput expected) throws IOException {
      if (block.follow()) {
        following = Files.createTempFile(directory, "follow-", ".txt");
        followers.add(
            shell("exec " + block.content())
                .redirectErrorStream(true)
                .redirectOutput(following.toFile())
                .start());
        await(expected);
        return;
      }
      Tools.Result result = Tools.run(PATIENCE, shell(block.content()));
      String output = result.output();
      assertEquals(0, result.exitCode(), () -> where + ":\n" + block.content() + output);
      if (expected == null) {
        assertFalse(output.contains("\"error\":"), () -> where + ": " + output);
      } else {
        assertTrue(
            expected.isAllOf(output),
            () -> where + " shows:\n" + expected + "and there came:\n" + output);
      }
    }

    /** Waits until the command that was left running last has printed this. */
    void await(ExpectedOutput expected) {
      Path output = following;
      Await.until(
          PATIENCE,
          () -> expected + "in:\n" + read(output),
          () -> {
            if (expected.isIn(read(output))) {
              return true;
            }
            if (!followers.getLast().isAlive()) {
              throw new AssertionError("it ended: " + read(output));
            }
            return false;
          });
    }

    private ProcessBuilder shell(String commands) {
      ProcessBuilder shell =
          new ProcessBuilder("bash", "-eu", "-o", "pipefail", "-c", commands)
              .directory(directory.toFile());
      Map<String, String> environment = shell.environment();
      environment.merge(
          "PATH",
          Path.of(Tools.built("grpcurl")).getParent().toString(),
          (path, tools) -> tools + ":" + path);
      environment.put("LC_ALL", "C.UTF-8");
      environment.put("STORAGE_PATH", cluster.data().toString());
      environment.put("CPCTL_UPLOAD_URL", cluster.uploadUrl());
      environment.put("CPCTL_CONSUMER_URL", cluster.consumerUrl());
      environment.put("CPCTL_GRPC", "127.0.0.1:" + cluster.grpcPort());
      environment.put("CPCTL_GRPC_HTTP_URL", cluster.grpcHttpUrl());
      environment.put("PPROF_TMPDIR", directory.resolve("pprof").toString());
      return shell;
    }

    private static String read(Path file) {
      try {
        return Files.readString(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      try {
        for (Process follower : followers) {
          follower.destroy();
          if (!follower.waitFor(20, TimeUnit.SECONDS)) {
            follower.destroyForcibly().waitFor();
          }
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      } finally {
        cluster.close();
      }
    }
  }
}
