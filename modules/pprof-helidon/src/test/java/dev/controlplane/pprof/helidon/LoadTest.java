package dev.controlplane.pprof.helidon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.http.Wire;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Many requests at once, long ones, and clients that go away. */
class LoadTest {
  private static final String GOROUTINE = "/debug/pprof/goroutine";

  /** All kinds that this server has, also with differences and recordings. */
  private static final List<String> MIXED =
      List.of(
          "goroutine",
          "goroutine?debug=1",
          "goroutine?debug=2",
          "goroutine?debug=3",
          "goroutine?seconds=1",
          "heap?debug=1",
          "threadcreate",
          "block?seconds=1",
          "mutex",
          "deadlock",
          "profile?seconds=1",
          "trace?seconds=1");

  @Test
  void ofAThousandMixedRequestsAtOnceEachIsAnsweredOrToldWhenToComeAgain() throws Exception {
    try (TestServer server = TestServer.start();
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Wire.Answer>> answers = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        String target = "/debug/pprof/" + MIXED.get(i % MIXED.size());
        answers.add(clients.submit(() -> server.get(target)));
      }
      int served = 0;
      int recorded = 0;
      for (Future<Wire.Answer> future : answers) {
        Wire.Answer answer = future.get();
        switch (answer.status()) {
          case 200 -> served++;
          case 503 -> assertTrue(answer.header("Retry-After").matches("[1-9]\\d*"));
          default -> {
            assertEquals(500, answer.status());
            assertTrue(answer.text().startsWith("Could not enable "), answer.text());
            recorded++;
          }
        }
        assertEquals(answer.status() == 200 ? "" : "1", answer.header("X-Go-Pprof"));
        assertEquals("nosniff", answer.header("X-Content-Type-Options"));
      }
      assertTrue(served > 0);
      assertTrue(recorded > 0, "a second recording is refused at once");
      await(() -> server.endpoint().openRequests() == 0);
      await(() -> server.endpoint().waitingDeltas() == 0);
      assertEquals(200, server.get(GOROUTINE).status(), "afterwards all is as before");
    }
  }

  /** More of them than profiles are worked on at once hold nobody up; they stay connected. */
  @Test
  void clientsThatDoNotReadHoldNobodyUp() throws Exception {
    try (TestServer server = TestServer.start();
        Stuck stuck = new Stuck(server)) {
      stuck.add(10);
      await(() -> writing(server) == 10);

      assertEquals(200, server.get(GOROUTINE).status());
      assertEquals(10, writing(server), "they have done nobody harm");
    }
  }

  @Test
  void whereOthersWaitAClientThatDoesNotReadIsCutOff() throws Exception {
    try (TestServer server = TestServer.start();
        Stuck stuck = new Stuck(server)) {
      stuck.add(16);

      Wire.Answer answer = server.get(GOROUTINE + "?debug=2");
      while (answer.status() == 503) { // Nobody has kept the server waiting for long yet.
        answer = server.get(GOROUTINE + "?debug=2");
      }

      assertEquals(200, answer.status());
      assertTrue(answer.text().lines().filter(line -> line.startsWith("goroutine ")).count() > 99);
      long whole = 0;
      for (Socket socket : stuck.sockets) {
        whole += stuck.isWhole(socket) ? 1 : 0;
      }
      assertTrue(whole < 16, "one at least was cut off");
      assertTrue(whole > 0, "no more than had to be");
    }
  }

  /** Clients that ask for more than the buffers of a connection hold, and don't read it. */
  private static final class Stuck implements AutoCloseable {
    private static final int DEPTH = 400;

    private final List<Socket> sockets = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final TestServer server;

    private Stuck(TestServer server) {
      this.server = server;
      for (int i = 0; i < 200; i++) {
        threads.add(Thread.startVirtualThread(() -> descend(DEPTH)));
      }
    }

    private static void descend(int depth) {
      if (depth == 0) {
        LockSupport.park();
      } else {
        descend(depth - 1);
      }
    }

    void add(int clients) throws IOException {
      for (int i = 0; i < clients; i++) {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(1 << 13);
        socket.setSoTimeout(30_000);
        socket.connect(server.address());
        sockets.add(socket);
        Wire.ask(socket, "GET", GOROUTINE + "?debug=2", "");
        await(() -> hasBegun(socket));
      }
    }

    private static boolean hasBegun(Socket socket) {
      try {
        return socket.getInputStream().available() > 0;
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    /** Reads the rest. */
    boolean isWhole(Socket socket) {
      try {
        return Wire.read(socket, "GET").status() == 200;
      } catch (IOException e) {
        return false;
      }
    }

    @Override
    public void close() throws IOException {
      for (Socket socket : sockets) {
        socket.close();
      }
      threads.forEach(LockSupport::unpark);
    }
  }

  /** Threads that write a profile to their client. */
  private static long writing(TestServer server) {
    return Arrays.stream(server.get(GOROUTINE + "?debug=1").text().split("\n\n", -1))
        .filter(record -> record.contains("Admission$Turn$Client.write"))
        .map(
            record -> record.lines().filter(line -> line.contains(" @ ")).findFirst().orElseThrow())
        .mapToLong(line -> Long.parseLong(line.substring(0, line.indexOf(' '))))
        .sum();
  }

  @Test
  void deltasInFlightAreBoundedAndLeaveOtherProfilesAlone() throws Exception {
    try (TestServer server = TestServer.start()) {
      List<Socket> waiting = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        waiting.add(Wire.open(server.address(), "GET", GOROUTINE + "?seconds=600", ""));
      }
      await(() -> server.endpoint().waitingDeltas() == 16);

      Wire.Answer refusal = server.get(GOROUTINE + "?seconds=600");
      assertEquals(503, refusal.status());
      assertTrue(refusal.text().contains("16 are taken"), refusal.text());
      assertTrue(refusal.text().contains("PPROF_MAX_REQUESTS"), refusal.text());
      assertEquals(200, server.get(GOROUTINE + "?debug=1").status());

      for (Socket socket : waiting) {
        socket.close();
      }
      await(() -> server.endpoint().waitingDeltas() == 0);
      assertEquals(200, server.get(GOROUTINE + "?seconds=1").status());
    }
  }

  @Test
  void theJsonDumpLeavesNoFileBehind() throws IOException {
    try (TestServer server = TestServer.start()) {
      List<Path> before = temporary();
      for (String query : List.of("?", "?debug=1&", "?debug=2&", "?debug=3&", "?seconds=1&")) {
        assertEquals(200, server.get(GOROUTINE + query + "source=hotspot").status(), query);
      }
      List<Path> after = temporary();
      after.removeAll(before);
      assertFalse(
          after.stream().anyMatch(file -> file.toString().contains("goroutine")), after.toString());
    }
  }

  private static List<Path> temporary() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return new ArrayList<>(files.toList());
    }
  }

  @Test
  void aConnectionEndsWhenItsClientAsksForThat() throws IOException {
    try (TestServer server = TestServer.start();
        Socket socket = Wire.open(server.address(), "GET", GOROUTINE, "")) {
      assertEquals(200, Wire.read(socket, "GET").status());
      assertEquals(-1, socket.getInputStream().read());
    }
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (!condition.getAsBoolean()) {
      assertFalse(System.nanoTime() > end, "after 2 min");
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
  }
}
