package dev.controlplane.client;

import com.google.protobuf.ByteString;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.Status;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** Keeps one subscription up: a stream after the other, with a pause between them that grows. */
final class Subscriber {
  private final GrpcAddress address;
  private final RetryPolicy retry;

  Subscriber(GrpcAddress address, RetryPolicy retry) {
    this.address = address;
    this.retry = retry;
  }

  /** Runs until the listener has enough, or the server says that it will never serve this. */
  void run(Subscription subscription, SubscriptionListener listener)
      throws IOException, InterruptedException {
    int failures = 0;
    while (true) {
      long opened = Long.MAX_VALUE;
      try (UpdateStream stream = new UpdateStream(address, subscription)) {
        stream.awaitOpen();
        opened = System.nanoTime();
        listener.onSubscribed();
        while (listener.onUpdate(update(stream.next()))) {
          failures = 0;
        }
        return;
      } catch (UpdateStream.Ended e) {
        throwIfFinal(e.status());
        // A server that takes a stream only to end it must not be asked in a tight loop.
        boolean held =
            opened != Long.MAX_VALUE && System.nanoTime() - opened > retry.most().toNanos();
        failures = held ? 1 : failures + 1;
        Duration delay = retry.delay(failures);
        listener.onDisconnected(reason(e.status()), delay);
        Thread.sleep(delay);
      }
    }
  }

  private void throwIfFinal(Status status) throws ControlPlaneException {
    RefusedException.Reason reason =
        switch (status.getCode()) {
          case INVALID_ARGUMENT -> RefusedException.Reason.INVALID;
          case UNAUTHENTICATED, PERMISSION_DENIED -> RefusedException.Reason.FORBIDDEN;
          case UNIMPLEMENTED, NOT_FOUND ->
              throw new UnexpectedAnswerException(
                  Server.GRPC,
                  "%s does not know SubscribeWorkerUpdates: is this the gRPC port of the %s?"
                      .formatted(address, Server.GRPC),
                  status.asException());
          default -> null;
        };
    if (reason != null) {
      String text = status.getDescription() == null ? reason(status) : status.getDescription();
      throw new RefusedException(
          Server.GRPC, reason, status.getCode().name().toLowerCase(Locale.ROOT), text);
    }
  }

  private static String reason(Status status) {
    if (status.isOk()) {
      return "the server ended the stream";
    }
    Throwable cause = status.getCause();
    String problem = cause == null ? status.getDescription() : UnreachableException.problem(cause);
    return problem == null ? status.getCode().toString() : problem + " (" + status.getCode() + ")";
  }

  private static Update update(WorkerUpdate wire) {
    Update.Kind kind =
        switch (wire.getKind()) {
          case PUBLISHED -> Update.Kind.PUBLISHED;
          case ROLLED_BACK -> Update.Kind.ROLLED_BACK;
          case DELETED -> Update.Kind.DELETED;
          case UPDATE_KIND_UNSPECIFIED, UNRECOGNIZED -> Update.Kind.UNKNOWN;
        };
    return new Update(
        wire.getRevision(),
        kind,
        wire.getWorkerName(),
        wire.getVersion(),
        wire.getChecksum(),
        wire.getSize(),
        new Received(wire.getWorkerCode()),
        wire.getFilePath(),
        Instant.ofEpochSecond(wire.getTimestamp()));
  }

  private record Received(ByteString bytes) implements Update.Code {
    @Override
    public int size() {
      return bytes.size();
    }

    @Override
    public void writeTo(OutputStream stream) throws IOException {
      bytes.writeTo(stream);
    }
  }
}
