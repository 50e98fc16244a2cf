package dev.controlplane.system.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** A real {@code cpctl agent} with a directory of its own, and what that directory says. */
public final class AgentUnderTest implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Cpctl cpctl;
  private final String id;
  private final List<String> options;
  private Cpctl.Run run;

  public AgentUnderTest(Cpctl cpctl, String id, String... options) {
    this.cpctl = cpctl;
    this.id = id;
    this.options = List.of(options);
  }

  /** Starts it, also again after it has ended. */
  public AgentUnderTest start() {
    List<String> line = new ArrayList<>(List.of("agent", "--id", id, "--dir", "" + directory()));
    line.addAll(options);
    run = cpctl.start(line.toArray(String[]::new));
    return this;
  }

  public Path directory() {
    return cpctl.directory().resolve(id);
  }

  /** The newest process. */
  public Cpctl.Run run() {
    return run;
  }

  /** The bytes of what is active, as text, by worker. */
  public Map<String, String> active() {
    Map<String, String> active = new TreeMap<>();
    try (Stream<Path> workers = Files.list(directory())) {
      for (Path worker : workers.toList()) {
        Path current = worker.resolve("current");
        if (Files.exists(current)) {
          active.put(worker.getFileName().toString(), Files.readString(current));
        }
      }
      return active;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public void awaitActive(Map<String, String> expected) {
    Await.until(
        LIMIT,
        () -> id + " runs " + expected + ", not " + active() + "; " + run,
        () -> active().equals(expected));
  }

  private JsonNode status(String... more) {
    List<String> line = new ArrayList<>(List.of("agent", "--dir", "" + directory(), "--json"));
    line.addAll(List.of(more));
    Cpctl.Run status = cpctl.run(line.toArray(String[]::new));
    if (status.code() != 0) {
      throw new AssertionError(status.toString());
    }
    try {
      return new ObjectMapper().readTree(status.out());
    } catch (IOException e) {
      throw new AssertionError(status.toString(), e);
    }
  }

  /** The workers that {@code --status} lists as withheld, with the reason: {@code w4 new_log}. */
  Set<String> withheld() {
    Set<String> withheld = new TreeSet<>();
    status("--status")
        .path("withheld")
        .forEach(
            one ->
                withheld.add(one.path("worker_name").asText() + ' ' + one.path("reason").asText()));
    return withheld;
  }

  public void awaitWithheld(String... expected) {
    Await.until(
        LIMIT,
        () -> "--status of " + id + " lists " + List.of(expected) + ", not " + withheld(),
        () -> withheld().equals(new TreeSet<>(List.of(expected))));
  }

  public void confirmDeletions() {
    status("--confirm-deletions");
  }

  /** Fails if the agent has ever told of one of these events, by their first word. */
  public void mustNotTell(String... words) {
    for (String word : words) {
      if (run.out().lines().anyMatch(line -> line.startsWith(word + ' '))) {
        throw new AssertionError(id + " tells " + word + ": " + run);
      }
    }
  }

  /** What a worker's version contains. */
  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** {@code kill -9}. */
  public void kill() {
    run.close();
    run.awaitEnd();
  }

  @Override
  public void close() {
    if (run != null) {
      kill();
    }
  }
}
