package dev.controlplane.system.harness;

import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A subscription to all workers by grpc-java, on a connection of its own. It holds that revisions
 * have no gap and passes each update on.
 */
public final class Follower extends ClientCall.Listener<WorkerUpdate> implements AutoCloseable {
  private final ManagedChannel channel;
  private final Consumer<WorkerUpdate> updates;
  private final CountDownLatch subscribed = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile long subscribedAt;
  private volatile long first;
  private volatile long last;
  private volatile String gap = "";
  private volatile Status status = Status.OK;

  private Follower(ManagedChannel channel, Consumer<WorkerUpdate> updates) {
    this.channel = channel;
    this.updates = updates;
  }

  /** Subscribes; returns once the response headers are here. */
  public static Follower subscribe(
      Cluster cluster, String consumer, Consumer<WorkerUpdate> updates) {
    Follower follower = new Follower(cluster.channel(), updates);
    ClientCall<SubscribeRequest, WorkerUpdate> call =
        follower.channel.newCall(
            ControlPlaneGrpc.getSubscribeWorkerUpdatesMethod(), CallOptions.DEFAULT);
    call.start(follower, new Metadata());
    call.request(Integer.MAX_VALUE);
    call.sendMessage(SubscribeRequest.newBuilder().setConsumerId(consumer).build());
    call.halfClose();
    await(follower.subscribed, "response headers for " + consumer);
    if (follower.subscribedAt == 0) {
      follower.close();
      throw new AssertionError(consumer + " is not subscribed: " + follower.status);
    }
    return follower;
  }

  private static void await(CountDownLatch latch, String what) {
    try {
      if (!latch.await(30, TimeUnit.SECONDS)) {
        throw new AssertionError("no " + what);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void onHeaders(Metadata headers) {
    subscribedAt = System.nanoTime();
    subscribed.countDown();
  }

  @Override
  public void onMessage(WorkerUpdate update) {
    long revision = update.getRevision();
    if (first == 0) {
      first = revision;
    } else if (revision != last + 1 && gap.isEmpty()) {
      gap = "revision " + revision + " after " + last;
    }
    updates.accept(update);
    last = revision;
  }

  @Override
  public void onClose(Status how, Metadata trailers) {
    status = how;
    subscribed.countDown();
    closed.countDown();
  }

  /** When the response headers came, by {@link System#nanoTime}. */
  public long subscribedAt() {
    return subscribedAt;
  }

  /** The first revision received; 0 if none. */
  public long first() {
    return first;
  }

  /** The last revision received; 0 if none. */
  public long last() {
    return last;
  }

  /** The first gap seen; empty if none. */
  public String gap() {
    return gap;
  }

  public boolean open() {
    return closed.getCount() > 0;
  }

  /** How the server ended the stream; waits until it has. */
  public Status end() {
    await(closed, "end of the stream");
    return status;
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
