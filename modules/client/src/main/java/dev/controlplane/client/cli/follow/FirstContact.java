package dev.controlplane.client.cli.follow;

import dev.controlplane.client.Server;
import dev.controlplane.client.UnreachableException;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.arguments.Address;
import dev.controlplane.client.cli.arguments.TimeSpan;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Option;

/**
 * Tells people when a stream breaks and when it is open again, and ends a command that did not
 * reach the server in time.
 */
final class FirstContact {
  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = TimeSpan.class,
      description =
          "Exit with 3 if the grpc-server was not reached within this time, such as 30s. Once it"
              + " was reached, broken connections are retried without end. Default: no limit.")
  private Duration limit;

  private enum State {
    TRYING,
    REACHED,
    GIVEN_UP
  }

  /** Follows a stream on the thread that calls it. */
  @FunctionalInterface
  interface Stream {
    void follow() throws IOException, InterruptedException;
  }

  private final AtomicReference<State> state = new AtomicReference<>(State.TRYING);
  private volatile String problem = "no answer";
  private boolean broken;

  /** Follows a stream, and interrupts it if it is not open in time. */
  void await(Cpctl cpctl, Stream stream) throws IOException, InterruptedException {
    Thread caller = Thread.currentThread();
    Thread clock =
        limit == null ? null : Thread.ofVirtual().start(() -> giveUpInTime(limit, caller));
    try {
      stream.follow();
    } catch (InterruptedException e) {
      if (state.get() == State.GIVEN_UP) {
        throw new UnreachableException(
            Server.GRPC,
            cpctl.endpoints().grpc().toString(),
            "not reached within %.1f s: %s".formatted(limit.toMillis() / 1000.0, problem),
            e);
      }
      throw e;
    } finally {
      if (clock != null) {
        clock.interrupt();
      }
      if (state.get() == State.GIVEN_UP) {
        // If the stream ended at the same moment, the interrupt is still to come.
        Thread.interrupted();
      }
    }
  }

  private void giveUpInTime(Duration limit, Thread caller) {
    try {
      Thread.sleep(limit);
    } catch (InterruptedException e) {
      return;
    }
    if (state.compareAndSet(State.TRYING, State.GIVEN_UP)) {
      caller.interrupt();
    }
  }

  /** The stream is open. Returns whether it was open before and broke. */
  boolean opened() {
    state.compareAndSet(State.TRYING, State.REACHED);
    boolean again = broken;
    broken = false;
    return again;
  }

  /** The stream broke, or could not be opened. Returns the line for people. */
  String broke(Cpctl cpctl, String reason, Duration retryIn) {
    problem = reason;
    broken = true;
    return "%s at %s: %s; trying again in %.1f s (%s sets the address)"
        .formatted(
            Server.GRPC,
            cpctl.endpoints().grpc(),
            reason,
            retryIn.toMillis() / 1000.0,
            Address.GRPC);
  }
}
