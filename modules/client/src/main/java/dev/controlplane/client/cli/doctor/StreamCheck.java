package dev.controlplane.client.cli.doctor;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.ControlPlaneException;
import dev.controlplane.client.cli.arguments.Address;
import dev.controlplane.client.stream.Subscription;
import dev.controlplane.client.stream.SubscriptionListener;
import dev.controlplane.client.stream.Update;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Subscribes over gRPC, as a consumer does, until it has received the first snapshot. */
final class StreamCheck {
  private static final String CHECK = "subscription over gRPC";

  private final ControlPlaneClient client;
  private final String name;
  private final Duration limit;

  /**
   * Creates the check.
   *
   * @param name of the consumer, and of the worker that it wants, which does not exist
   */
  StreamCheck(ControlPlaneClient client, String name, Duration limit) {
    this.client = client;
    this.name = name;
    this.limit = limit;
  }

  /** Thrown to end a subscription that works. */
  private static final class Synced extends IOException {
    private static final long serialVersionUID = 1L;
  }

  Finding look() throws IOException, InterruptedException {
    Ending ending = new Ending();
    try {
      Subscription subscription = new Subscription(name, List.of(name)).withSnapshot();
      client.subscribe(subscription.silence(limit), ending);
      throw new IllegalStateException("the subscription ended by itself");
    } catch (Synced e) {
      return Finding.ok(CHECK, "its snapshot arrived");
    } catch (ControlPlaneException e) {
      return failed(e.getMessage());
    } catch (InterruptedException e) {
      if (ending.reason == null) {
        throw e;
      }
      return failed(ending.reason);
    }
  }

  private static Finding failed(String reason) {
    return Finding.fail(
        CHECK,
        reason,
        "check the address of the gRPC port ("
            + Address.GRPC
            + "), and whether proxies in between let gRPC pass");
  }

  /** Ends the subscription at its first snapshot, or at its first failure. */
  private static final class Ending implements SubscriptionListener {
    private String reason;

    @Override
    public boolean onUpdate(Update update) {
      return true;
    }

    @Override
    public void onSynced(long revision) throws Synced {
      throw new Synced();
    }

    @Override
    public void onDisconnected(String reason, Duration retryIn) throws InterruptedException {
      this.reason = reason;
      // Ends the subscription in place of the pause before the next attempt.
      throw new InterruptedException(reason);
    }
  }
}
