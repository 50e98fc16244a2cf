package dev.controlplane.system.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A client of grpc-server that shares no code with it: {@code src/test/go/subscriber} and {@code
 * src/test/python/subscriber.py}, which take the same commands.
 */
public record ForeignClient(String name, List<String> command, List<String> flags) {
  public static final Duration LIMIT = Duration.ofSeconds(30);

  private static final String PROTO =
      Tools.repository().resolve("proto/control_plane.proto").toString();

  /** grpc-go with the messages of the proto file. */
  public static ForeignClient go() {
    return new ForeignClient(
        "grpc-go", List.of(Tools.built("subscriber")), List.of("-proto", PROTO));
  }

  /** grpc-go with the messages that the server tells by reflection. */
  static ForeignClient goByReflection() {
    return new ForeignClient(
        "grpc-go by reflection", List.of(Tools.built("subscriber")), List.of());
  }

  /** Python's grpcio: gRPC's C core. */
  public static ForeignClient python() {
    return new ForeignClient(
        "Python grpcio",
        List.of(
            Tools.python(), Path.of("src/test/python/subscriber.py").toAbsolutePath().toString()),
        List.of("-proto", PROTO));
  }

  public static Stream<ForeignClient> all() {
    return Stream.of(go(), goByReflection(), python());
  }

  /** Starts a command of the client; its flags come before its words. */
  public Run start(Cluster cluster, String... flagsAndWords) {
    return start(cluster.grpcPort(), flagsAndWords);
  }

  private Run start(int port, String... flagsAndWords) {
    List<String> line = new ArrayList<>(command);
    line.addAll(flags);
    line.addAll(List.of("-target", "127.0.0.1:" + port));
    line.addAll(List.of(flagsAndWords));
    return new Run(name, line);
  }

  /** A subscription that has its response headers. */
  public Run subscribe(Cluster cluster, String consumer, String... workers) {
    return subscribe(cluster.grpcPort(), consumer, workers);
  }

  /** A subscription over a port that leads to grpc-server. */
  public Run subscribe(int port, String consumer, String... workers) {
    List<String> line = new ArrayList<>(List.of("-count", "0", "-timeout", "600s", "subscribe"));
    line.add(consumer);
    line.addAll(List.of(workers));
    Run run = start(port, line.toArray(String[]::new));
    run.next("headers");
    return run;
  }

  @Override
  public String toString() {
    return name;
  }

  /** A client process and what it printed. */
  public static final class Run implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String name;
    private final Process process;
    private final BlockingQueue<JsonNode> events = new LinkedBlockingQueue<>();

    private Run(String name, List<String> line) {
      this.name = name;
      try {
        process = new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      Thread.ofVirtual().start(this::read);
    }

    private void read() {
      try (BufferedReader lines = process.inputReader()) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          events.add(JSON.readTree(line));
        }
        events.add(JSON.createObjectNode().put("event", "exit"));
      } catch (IOException e) {
        events.add(JSON.createObjectNode().put("event", "unreadable: " + e));
      }
    }

    /** The next event, whatever it is. */
    public JsonNode next(Duration limit) {
      try {
        JsonNode event = events.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
        if (event == null) {
          throw new AssertionError(name + " printed nothing within " + limit);
        }
        return event;
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    /** The next event, which must be of this kind. */
    public JsonNode next(String kind) {
      return next(kind, LIMIT);
    }

    /** The next event, which must be of this kind. */
    public JsonNode next(String kind, Duration limit) {
      JsonNode event = next(limit);
      if (!event.path("event").asText().equals(kind)) {
        throw new AssertionError(name + " printed " + event + ", expected: " + kind);
      }
      return event;
    }

    /** The next update; its fields are named as in the proto file. */
    public JsonNode update() {
      return next("update").path("update");
    }

    /** The updates up to a revision, that one included. */
    public List<JsonNode> updatesTo(long revision) {
      List<JsonNode> updates = new ArrayList<>();
      do {
        updates.add(update());
      } while (updates.getLast().path("revision").asLong() < revision);
      return updates;
    }

    /** The code of the error that ends the call. */
    public String errorCode() {
      JsonNode event = next(LIMIT);
      while (event.path("event").asText().matches("headers|update")) {
        event = next(LIMIT);
      }
      return event.path("code").asText(event.toString());
    }

    /** Events that have been printed and not been asked for. */
    public int waiting() {
      return events.size();
    }

    public long pid() {
      return process.pid();
    }

    public boolean alive() {
      return process.isAlive();
    }

    /** Asks the client to end, with SIGTERM. */
    public void terminate() {
      process.destroy();
    }

    /** {@code kill -9}: its connection breaks. */
    public void kill() {
      try {
        process.destroyForcibly().waitFor();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      kill();
    }
  }
}
