package dev.controlplane.client.stream;

import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One stream of updates on a connection of its own, from its opening to its end. One thread reads
 * it.
 *
 * <p>The server may be at most {@value #AHEAD} updates ahead of the reader, so at most as many
 * messages are waiting.
 */
final class UpdateStream implements AutoCloseable {
  private static final int AHEAD = 16;

  /** The stream has ended; {@link #status} says how. */
  static final class Ended extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Status status;

    Ended(Status status) {
      super(status.getDescription(), status.getCause());
      this.status = status;
    }

    Status status() {
      return status;
    }
  }

  private sealed interface Event {}

  private record Opened() implements Event {}

  private record Received(WorkerUpdate update) implements Event {}

  private record Closed(Status status) implements Event {}

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final ManagedChannel channel;
  private final ClientCall<SubscribeRequest, WorkerUpdate> call;

  /** Starts to connect. */
  UpdateStream(GrpcChannels channels, SubscribeRequest request) {
    channel = channels.open();
    call = channel.newCall(ControlPlaneGrpc.getSubscribeWorkerUpdatesMethod(), CallOptions.DEFAULT);
    call.start(new Events(), new Metadata());
    call.request(AHEAD);
    call.sendMessage(request);
    call.halfClose();
  }

  /**
   * Waits until the server has registered the subscription. The channel detects connections that
   * can't be made or are dead, but on a live one a proxy may never answer the call.
   *
   * @param patience how long to wait; zero for ever
   */
  void awaitOpen(Duration patience) throws Ended, InterruptedException {
    Event event =
        patience.isZero() ? events.take() : events.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
    switch (event) {
      case null ->
          throw new Ended(
              Status.UNAVAILABLE.withDescription(
                  "the call was not answered for %.1f s".formatted(patience.toMillis() / 1000.0)));
      case Opened _ -> {}
      case Closed closed -> throw new Ended(closed.status());
      case Received _ -> throw new IllegalStateException("a message before the headers");
    }
  }

  /**
   * Waits for the next message. The server may then send one more.
   *
   * @param silence the stream counts as ended if nothing arrives for this long; zero for never
   */
  WorkerUpdate next(Duration silence) throws Ended, InterruptedException {
    Event event =
        silence.isZero() ? events.take() : events.poll(silence.toMillis(), TimeUnit.MILLISECONDS);
    return switch (event) {
      case null ->
          throw new Ended(
              Status.UNAVAILABLE.withDescription(
                  "nothing came for %.1f s, not even a bookmark"
                      .formatted(silence.toMillis() / 1000.0)));
      case Received received -> {
        call.request(1);
        yield received.update();
      }
      case Closed closed -> throw new Ended(closed.status());
      case Opened _ -> throw new IllegalStateException("headers twice");
    };
  }

  /** Cancels the call, so that the server notices at once. */
  @Override
  public void close() {
    call.cancel("closed", null);
    channel.shutdownNow();
  }

  private final class Events extends ClientCall.Listener<WorkerUpdate> {
    @Override
    public void onHeaders(Metadata headers) {
      events.add(new Opened());
    }

    @Override
    public void onMessage(WorkerUpdate update) {
      events.add(new Received(update));
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      events.add(new Closed(status));
    }
  }
}
