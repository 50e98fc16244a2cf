package dev.controlplane.client.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.net.httpserver.HttpExchange;
import dev.controlplane.client.FakeServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code events --follow} outlasts. */
@Timeout(60)
class EventsTest {
  private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  /** Worker of each update; the revision is the position, from 1, the time as many minutes. */
  private volatile List<String> log = new CopyOnWriteArrayList<>();

  private volatile int status = 200;
  private FakeServer server;
  private Thread following;

  @BeforeEach
  void start() throws IOException {
    server = new FakeServer(this::serve);
  }

  @AfterEach
  void end() throws InterruptedException {
    following.interrupt();
    following.join();
    server.close();
  }

  private void serve(HttpExchange exchange) throws IOException {
    if (status != 200) {
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    List<String> now = List.copyOf(log);
    String query = exchange.getRequestURI().getQuery();
    int limit = Integer.parseInt(query.replaceAll(".*limit=(\\d+).*", "$1"));
    int after = Integer.parseInt(query.replaceAll(".*after=(\\d+).*", "$1"));
    int end = Math.min(now.size(), after + limit);
    StringBuilder updates = new StringBuilder();
    for (int i = after; i < end; i++) {
      String[] workerAndMinute = now.get(i).split("@", -1);
      updates
          .append(updates.isEmpty() ? "" : ",")
          .append(
              """
              {"revision":%d,"kind":"published","worker_name":"%s","version":"1","checksum":"c",\
              "size":3,"timestamp":"%s","latest":"1"}\
              """
                  .formatted(
                      i + 1,
                      workerAndMinute[0],
                      START.plusSeconds(60 * Long.parseLong(workerAndMinute[1]))));
    }
    FakeServer.json(
        exchange,
        200,
        "{\"updates\":[%s],\"next\":%s,\"head\":%d,\"compacted\":0}"
            .formatted(updates, end < now.size() ? "\"" + end + "\"" : "null", now.size()));
  }

  private void follow() {
    Session session =
        new Session(
            new ByteArrayInputStream(new byte[0]),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Map.of("CPCTL_GRPC_HTTP_URL", server.url()));
    following =
        Thread.ofPlatform()
            .start(() -> new Cpctl(session).run("events", "--since", "0", "--follow"));
  }

  private List<String> listed() {
    return out.toString(StandardCharsets.UTF_8)
        .lines()
        .map(line -> line.replaceAll(".*published +(\\S+).*", "$1"))
        .toList();
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private void await(BooleanSupplier condition) {
    long end = System.nanoTime() + 30_000_000_000L;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        fail("listed " + listed() + ", stderr: " + err());
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 502, 503, 504, 429, 404, 403})
  void goesOnWhenWhatFailedAnswersAgain(int failure) throws Exception {
    log.add("before@0");
    follow();
    await(() -> listed().equals(List.of("before")));
    status = failure;
    await(() -> err().contains("status " + failure));
    log.add("meanwhile@1");
    status = 200;
    await(() -> listed().equals(List.of("before", "meanwhile")));
    assertEquals(1, err().lines().count(), this::err);
  }

  @Test
  void saysThatTheLogWentBackAndListsWhatCameSince() throws Exception {
    log.addAll(List.of("a@0", "b@1", "lost@2", "lost@3"));
    follow();
    await(() -> listed().size() == 4);
    log = new CopyOnWriteArrayList<>(List.of("a@0", "b@1", "restored@9"));
    await(() -> listed().size() == 5);
    assertEquals("restored", listed().getLast());
    assertTrue(err().contains("not the one that was listed up to revision 4"), this::err);
    log.add("later@10");
    await(() -> listed().size() == 6);
    assertEquals(1, err().lines().count(), this::err);
  }

  @Test
  void noticesAnotherLogThatIsAsLong() throws Exception {
    log.addAll(List.of("a@0", "lost@1", "lost@2"));
    follow();
    await(() -> listed().size() == 3);
    log = new CopyOnWriteArrayList<>(List.of("a@0", "x@5", "y@6", "z@7"));
    await(() -> listed().size() == 6);
    assertEquals(List.of("a", "lost", "lost", "x", "y", "z"), listed());
    assertTrue(err().contains("from revision 2 on"), this::err);
  }
}
