package dev.controlplane.server;

import dev.controlplane.server.http.Json;
import io.helidon.http.Method;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** A server to run as a process of its own. */
final class EchoServer {
  public static void main(String[] args) {
    ServerProcess.run(
        "echo-server",
        args,
        setup -> {
          setup.http("test-port");
          CountDownLatch drained = new CountDownLatch(1);
          setup.onDrain(drained::countDown);
          AtomicBoolean hanging = new AtomicBoolean();
          setup.onDrain(
              () -> {
                while (hanging.get()) {
                  LockSupport.park();
                }
              });
          AutoCloseable pending = () -> setup.log().info("pending-written");
          setup.resource(() -> pending);
          setup
              .api()
              .on(
                  Method.GET,
                  "/hang-at-the-end",
                  (request, response, path) -> {
                    hanging.set(true);
                    Json.send(response, Map.of());
                  })
              .on(
                  Method.GET,
                  "/echo/{text}",
                  (request, response, path) ->
                      Json.send(response, Map.of("text", path.get("text"))))
              .on(
                  Method.GET,
                  "/until-drained",
                  (request, response, path) -> {
                    setup.log().info("waiting");
                    drained.await();
                    Json.send(response, Map.of("drained", true));
                  })
              .on(
                  Method.GET,
                  "/bug",
                  (request, response, path) -> {
                    throw new LinkageError("a bug");
                  });
          setup.check("memory", () -> {});
        });
  }

  private EchoServer() {}
}
