package dev.controlplane.client.cli.follow;

import dev.controlplane.client.Server;
import dev.controlplane.client.cli.Address;
import dev.controlplane.client.cli.Cpctl;
import java.time.Duration;

/** What people are told of a stream that broke. */
final class Reconnection {
  private Reconnection() {}

  static String line(Cpctl cpctl, String reason, Duration retryIn) {
    return "%s at %s: %s; trying again in %.1f s (%s sets the address)"
        .formatted(
            Server.GRPC,
            cpctl.endpoints().grpc(),
            reason,
            retryIn.toMillis() / 1000.0,
            Address.GRPC);
  }
}
