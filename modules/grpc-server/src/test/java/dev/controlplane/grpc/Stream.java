package dev.controlplane.grpc;

import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A subscription as a client has it: knows when its headers come, reads as it is told to. */
public final class Stream extends ClientCall.Listener<WorkerUpdate> {
  private final ClientCall<SubscribeRequest, WorkerUpdate> call;
  private final CompletableFuture<Boolean> headers = new CompletableFuture<>();
  private final CompletableFuture<Status> end = new CompletableFuture<>();
  private final BlockingQueue<WorkerUpdate> updates = new LinkedBlockingQueue<>();
  private volatile Metadata trailers;

  private Stream(Channel channel, SubscribeRequest request, boolean reads) {
    this.call =
        channel.newCall(ControlPlaneGrpc.getSubscribeWorkerUpdatesMethod(), CallOptions.DEFAULT);
    call.start(this, new Metadata());
    if (reads) {
      call.request(Integer.MAX_VALUE);
    }
    call.sendMessage(request);
    call.halfClose();
  }

  private static SubscribeRequest request(String consumer, String... workers) {
    return SubscribeRequest.newBuilder()
        .setConsumerId(consumer)
        .addAllWorkerNames(List.of(workers))
        .build();
  }

  /** Subscribes without waiting. */
  public static Stream begin(Channel channel, String consumer, String... workers) {
    return new Stream(channel, request(consumer, workers), true);
  }

  /** Subscribes and waits for the headers. */
  public static Stream open(Channel channel, String consumer, String... workers) {
    return begin(channel, consumer, workers).awaitHeaders();
  }

  /** Subscribes as the request says, without waiting. */
  public static Stream begin(Channel channel, SubscribeRequest.Builder request) {
    return new Stream(channel, request.build(), true);
  }

  /** Subscribes as the request says and waits for the headers. */
  public static Stream open(Channel channel, SubscribeRequest.Builder request) {
    return begin(channel, request).awaitHeaders();
  }

  /** Subscribes and never reads a message. */
  public static Stream neverReading(Channel channel, String consumer, String... workers) {
    return new Stream(channel, request(consumer, workers), false).awaitHeaders();
  }

  Stream awaitHeaders() {
    wait(headers);
    return this;
  }

  /** Asks for one message more. */
  void read(int messages) {
    call.request(messages);
  }

  @Override
  public void onHeaders(Metadata received) {
    headers.complete(true);
  }

  @Override
  public void onMessage(WorkerUpdate update) {
    updates.add(update);
  }

  @Override
  public void onClose(Status status, Metadata received) {
    trailers = received;
    end.complete(status);
    headers.completeExceptionally(status.asRuntimeException());
  }

  /** The next update. */
  public WorkerUpdate next() {
    try {
      WorkerUpdate update = updates.poll(30, TimeUnit.SECONDS);
      if (update == null) {
        throw new AssertionError("no update for 30 s; end: " + end.getNow(null));
      }
      return update;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  public List<WorkerUpdate> take(int count) {
    List<WorkerUpdate> taken = new ArrayList<>(count);
    while (taken.size() < count) {
      taken.add(next());
    }
    return taken;
  }

  /** How many updates came and were not taken. */
  public int waiting() {
    return updates.size();
  }

  /** Waits for the end. */
  public Status end() {
    return wait(end);
  }

  /** Waits for the end, which is an error. */
  StatusRuntimeException failure() {
    return end().asRuntimeException(trailers);
  }

  boolean isOpen() {
    return headers.isDone() && !end.isDone();
  }

  boolean ended() {
    return end.isDone();
  }

  public void cancel() {
    call.cancel("the test leaves", null);
  }

  private static <T> T wait(CompletableFuture<T> future) {
    try {
      return future.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }
}
