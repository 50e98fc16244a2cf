package dev.controlplane.client.cli.follow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.controlplane.client.FakeControlPlane;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.Session;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code watch} and {@code subscribe} say of a connection that breaks, or is never made. */
@Timeout(120)
class ReconnectionTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Thread following;

  private int run(String address, String line) {
    Session session =
        new Session(
            new ByteArrayInputStream(new byte[0]),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Map.of("CPCTL_GRPC", address));
    return new Cpctl(session).run(line.split(" "));
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @AfterEach
  void end() throws InterruptedException {
    if (following != null) {
      following.interrupt();
      following.join();
    }
  }

  private void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        fail("stdout: " + out.toString(StandardCharsets.UTF_8) + ", stderr: " + err());
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"watch --timeout 20s", "subscribe --id me --timeout 20s"})
  void thatItIsConnectedAgainIsTold(String line) throws Exception {
    try (FakeControlPlane plane = new FakeControlPlane(100)) {
      plane.publish("w", "1", new byte[1]);
      String address = plane.endpoints().grpc().toString();
      following = Thread.ofPlatform().start(() -> run(address, line));
      await(() -> plane.requests().size() == 1 && !(out.size() == 0 && err.size() == 0));
      plane.stop();
      await(() -> err().contains("trying again in"));
      plane.start();
      String told =
          line.startsWith("watch")
              ? "cpctl: connected to grpc-server at " + address
              : "cpctl: connected: subscribed to all workers at " + address + " as me";
      await(() -> err().lines().anyMatch(told::equals));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"watch", "subscribe --id me"})
  void aServerThatIsNeverReachedEndsTheCommandAfterItsTimeout(String line) throws Exception {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    assertEquals(3, run("127.0.0.1:" + free, line + " --timeout PT0.8S"), this::err);
    assertEquals(
        "cpctl: grpc-server at 127.0.0.1:%d: not reached within 0.8 s: connection refused"
                .formatted(free)
            + " (UNAVAILABLE) (--grpc or CPCTL_GRPC sets the address)",
        err().lines().toList().getLast());
  }

  @Test
  void aServerThatTakesTheConnectionAndSaysNothingEndsTheCommandToo() throws Exception {
    try (ServerSocket mute = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      assertEquals(3, run("127.0.0.1:" + mute.getLocalPort(), "watch --timeout 1s"), this::err);
      assertTrue(err().contains("not reached within 1.0 s: no answer"), this::err);
    }
  }

  @Test
  void anUnknownHostIsToldAsSuch() {
    following = Thread.ofPlatform().start(() -> run("no-such-host.invalid:50051", "watch"));
    await(() -> err().contains("trying again in"));
    assertTrue(
        err()
            .startsWith(
                "cpctl: grpc-server at no-such-host.invalid:50051: unknown host (UNAVAILABLE);"),
        this::err);
  }
}
