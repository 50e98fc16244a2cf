package dev.controlplane.client;

import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One stream of updates on a connection of its own, from its opening to its end; taken by one
 * thread.
 *
 * <p>The server may be {@value #AHEAD} updates ahead of what was taken, so what waits here is
 * bounded by as many messages.
 */
final class UpdateStream implements AutoCloseable {
  private static final int AHEAD = 16;
  private static final int MAX_MESSAGE = 256 * 1024 * 1024;

  /**
   * A dead path is noticed after 40 s at most, and kept open through NATs that forget in a minute.
   */
  private static final Duration KEEPALIVE = Duration.ofSeconds(30);

  private static final Duration KEEPALIVE_TIMEOUT = Duration.ofSeconds(10);

  static {
    // Both are read by Netty when it is first used. Its Unsafe paths make JDK 24 and newer print
    // warnings; its native transport unpacks a library to the temporary directory, for nothing that
    // one connection would gain.
    prefer("io.grpc.netty.shaded.io.netty.noUnsafe");
    prefer("io.grpc.netty.shaded.io.netty.transport.noNative");
  }

  private static void prefer(String property) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, "true");
    }
  }

  /** The stream is over; {@link #status} says how. */
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
  UpdateStream(GrpcAddress address, Subscription subscription) {
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(address.host(), address.port())
            .keepAliveTime(KEEPALIVE.toSeconds(), TimeUnit.SECONDS)
            .keepAliveTimeout(KEEPALIVE_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
            .maxInboundMessageSize(MAX_MESSAGE)
            .directExecutor();
    channel = (address.tls() ? builder.useTransportSecurity() : builder.usePlaintext()).build();
    call = channel.newCall(ControlPlaneGrpc.getSubscribeWorkerUpdatesMethod(), CallOptions.DEFAULT);
    call.start(new Events(), new Metadata());
    call.request(AHEAD);
    call.sendMessage(
        SubscribeRequest.newBuilder()
            .setConsumerId(subscription.consumerId())
            .addAllWorkerNames(subscription.workers())
            .build());
    call.halfClose();
  }

  /**
   * Waits until the server has registered the subscription. There is no time limit: a connection
   * that can't be made or is dead is given up by the channel, and on one that lives, asking again
   * would only lose the place.
   */
  void awaitOpen() throws Ended, InterruptedException {
    switch (events.take()) {
      case Opened _ -> {}
      case Closed closed -> throw new Ended(closed.status());
      case Received _ -> throw new IllegalStateException("a message before the headers");
    }
  }

  /** The next update, as soon as there is one; the server may then send one more. */
  WorkerUpdate next() throws Ended, InterruptedException {
    Event event = events.take();
    return switch (event) {
      case Received received -> {
        call.request(1);
        yield received.update();
      }
      case Closed closed -> throw new Ended(closed.status());
      case Opened _ -> throw new IllegalStateException("headers twice");
    };
  }

  /** Lets the server know at once that nobody listens any more. */
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
