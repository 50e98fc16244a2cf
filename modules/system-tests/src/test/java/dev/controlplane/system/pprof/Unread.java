package dev.controlplane.system.pprof;

import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;

/** Drops what a subscription brings. */
final class Unread implements StreamObserver<WorkerUpdate> {
  /** Opens subscriptions of the consumers {@code consumer-0}, {@code consumer-1}, ... */
  static void subscribe(ManagedChannel channel, int subscriptions) {
    for (int i = 0; i < subscriptions; i++) {
      ControlPlaneGrpc.newStub(channel)
          .subscribeWorkerUpdates(
              SubscribeRequest.newBuilder().setConsumerId("consumer-" + i).build(), new Unread());
    }
  }

  @Override
  public void onNext(WorkerUpdate update) {}

  @Override
  public void onError(Throwable t) {}

  @Override
  public void onCompleted() {}
}
