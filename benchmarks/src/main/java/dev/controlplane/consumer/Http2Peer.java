package dev.controlplane.consumer;

import dev.controlplane.server.ServerProcess;
import io.helidon.webserver.http2.Http2Config;
import io.helidon.webserver.http2.Http2ConnectionSelector;

/**
 * consumer-server that speaks HTTP/2 too, as Helidon 4.5 has it: to be measured, not to be used.
 * Streams of one connection that send at once over-send its window there, which the tests of
 * helidon-streams show ({@code FlowControlTest.plainHelidonOverSendsTheWindowOfAConnection}).
 */
public final class Http2Peer {
  private Http2Peer() {}

  /** Takes the settings of consumer-server. */
  public static void main(String[] args) {
    ServerProcess.run(
        "consumer-server",
        setup -> {
          ConsumerServer.configure(setup);
          setup
              .webServer()
              .addConnectionSelector(
                  Http2ConnectionSelector.builder().http2Config(Http2Config.create()).build());
        });
  }
}
