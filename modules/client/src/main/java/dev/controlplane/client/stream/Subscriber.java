package dev.controlplane.client.stream;

import com.google.protobuf.ByteString;
import dev.controlplane.client.ControlPlaneException;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.RetryPolicy;
import dev.controlplane.client.Server;
import dev.controlplane.client.UnexpectedAnswerException;
import dev.controlplane.client.UnreachableException;
import dev.controlplane.proto.Delivery;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.Status;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Keeps one subscription open: opens one stream after another, each where the previous one ended,
 * with growing pauses in between.
 */
public final class Subscriber {
  /** The longest pause that a server may ask for; more is considered a mistake. */
  private static final Duration LONGEST_FAREWELL = Duration.ofMinutes(10);

  /** The message of a {@code ROLLED_BACK} that is a retry (control_plane.proto). */
  private static final String RETRY = "retry";

  /** How grpc-java's message begins if the server answers in HTTP/1.1. */
  private static final String NO_HTTP2 = "First received frame was not SETTINGS";

  /** The first line of grpc-java's description of an answer that is not gRPC. */
  private static final Pattern HTTP_STATUS = Pattern.compile("HTTP status code (\\d+)");

  private final GrpcChannels channels;
  private final RetryPolicy retry;
  private final boolean patient;

  /**
   * Creates a subscriber.
   *
   * @param patient whether to continue if something other than the grpc-server, such as a proxy,
   *     rejects the very first stream. Once a stream was opened, this is always done.
   */
  public Subscriber(GrpcChannels channels, RetryPolicy retry, boolean patient) {
    this.patient = patient;
    this.channels = channels;
    this.retry = retry;
  }

  /** Runs until the listener has enough, or the server will never accept the subscription. */
  public void run(Subscription subscription, SubscriptionListener listener)
      throws IOException, InterruptedException {
    new Run(subscription, listener).run();
  }

  /** The server has said when to come back. */
  private static final class Farewell extends Exception {
    private static final long serialVersionUID = 1L;

    private final Duration retryIn;

    Farewell(Duration retryIn) {
      this.retryIn = retryIn;
    }
  }

  private final class Run {
    private final Subscription subscription;
    private final SubscriptionListener listener;
    private String token;
    private int failures;
    private boolean known;

    Run(Subscription subscription, SubscriptionListener listener) {
      this.subscription = subscription;
      this.listener = listener;
      this.token = subscription.resumeToken();
    }

    void run() throws IOException, InterruptedException {
      while (true) {
        long opened = Long.MAX_VALUE;
        String reason;
        Duration delay;
        try (UpdateStream stream = new UpdateStream(channels, request())) {
          stream.awaitOpen(subscription.silence());
          known = true;
          opened = System.nanoTime();
          listener.onSubscribed();
          follow(stream);
          return;
        } catch (UpdateStream.Ended e) {
          throwIfFinal(e.status(), patient || known);
          countFailure(opened);
          reason = reason(e.status());
          delay = retry.delay(failures);
        } catch (Farewell e) {
          countFailure(opened);
          reason = "the server asked to come back later";
          delay = failures == 1 ? e.retryIn : e.retryIn.plus(retry.delay(failures - 1));
        }
        listener.onDisconnected(reason, delay);
        Thread.sleep(delay);
      }
    }

    /**
     * Counts a stream that was open only briefly as a failure, because a server that accepts
     * streams only to end them must not be asked in a tight loop.
     */
    private void countFailure(long opened) {
      boolean held =
          opened != Long.MAX_VALUE && System.nanoTime() - opened > retry.most().toNanos();
      failures = held ? 1 : failures + 1;
    }

    private SubscribeRequest request() throws InterruptedException {
      return SubscribeRequest.newBuilder()
          .setConsumerId(subscription.consumerId())
          .addAllWorkerNames(subscription.workers())
          .setResumeToken(token)
          .setSnapshot(subscription.snapshot())
          .putAllHeld(listener.held())
          .setDelivery(
              switch (subscription.delivery()) {
                case ALL -> Delivery.ALL;
                case LATEST -> Delivery.LATEST;
              })
          .setBookmarks(!subscription.silence().isZero())
          .setLog(true)
          .build();
    }

    /** Processes messages until the listener has enough. */
    private void follow(UpdateStream stream)
        throws UpdateStream.Ended, Farewell, IOException, InterruptedException {
      while (true) {
        WorkerUpdate message = stream.next(subscription.silence());
        boolean more = deal(message);
        // Not earlier: a message that was not processed must be sent again.
        if (!message.getResumeToken().isEmpty()) {
          token = message.getResumeToken();
          listener.onPosition(token);
        }
        if (!more) {
          return;
        }
        if (message.getKind() == UpdateKind.GOODBYE) {
          Duration asked = Duration.ofMillis(Math.max(0, message.getRetryAfterMs()));
          throw new Farewell(asked.compareTo(LONGEST_FAREWELL) < 0 ? asked : LONGEST_FAREWELL);
        }
      }
    }

    private boolean deal(WorkerUpdate message) throws IOException, InterruptedException {
      switch (message.getKind()) {
        case SYNCED -> listener.onSynced(message.getRevision(), message.getLog());
        case BOOKMARK -> listener.onBookmark(message.getRevision());
        case RESYNC -> listener.onResync(message.getMessage(), !message.getLog().isEmpty());
        case GOODBYE -> {}
        case PUBLISHED, ROLLED_BACK, DELETED, UPDATE_KIND_UNSPECIFIED, UNRECOGNIZED -> {
          boolean more = listener.onUpdate(update(message));
          failures = 0;
          return more;
        }
      }
      return true;
    }
  }

  private void throwIfFinal(Status status, boolean goOn) throws ControlPlaneException {
    if (goOn && status.getCode() != Status.Code.INVALID_ARGUMENT) {
      return;
    }
    RefusedException.Reason reason =
        switch (status.getCode()) {
          case INVALID_ARGUMENT -> RefusedException.Reason.INVALID;
          case UNAUTHENTICATED, PERMISSION_DENIED -> RefusedException.Reason.FORBIDDEN;
          case UNIMPLEMENTED, NOT_FOUND ->
              throw new UnexpectedAnswerException(
                  Server.GRPC,
                  "%s does not know SubscribeWorkerUpdates: is this the gRPC port of the %s?"
                      .formatted(channels.address(), Server.GRPC),
                  status.asException());
          default -> null;
        };
    if (reason != null) {
      String text = status.getDescription() == null ? reason(status) : description(status);
      throw new RefusedException(
          Server.GRPC, reason, status.getCode().name().toLowerCase(Locale.ROOT), text);
    }
  }

  /** Describes in a few words how a call ended. */
  static String reason(Status status) {
    if (status.isOk()) {
      return "the server ended the stream";
    }
    Throwable cause = status.getCause();
    String problem = cause == null ? description(status) : UnreachableException.problem(cause);
    if (problem != null && problem.startsWith(NO_HTTP2)) {
      return "what answers there does not speak HTTP/2: is this the gRPC port of the %s?"
          .formatted(Server.GRPC);
    }
    return problem == null ? status.getCode().toString() : problem + " (" + status.getCode() + ")";
  }

  /**
   * The status' description; null if there is none. For an answer that is not gRPC, grpc-java's
   * description has the whole head and body, including the time of day, so only its status is used.
   */
  private static String description(Status status) {
    String text = status.getDescription();
    if (text == null) {
      return null;
    }
    String line = text.lines().findFirst().orElse("");
    Matcher http = HTTP_STATUS.matcher(line);
    return http.matches()
        ? "answered with HTTP status %s and not by a grpc-server; is a proxy in between?"
            .formatted(http.group(1))
        : line;
  }

  private static Update update(WorkerUpdate wire) {
    Update.Kind kind =
        switch (wire.getKind()) {
          case PUBLISHED -> Update.Kind.PUBLISHED;
          case ROLLED_BACK ->
              wire.getMessage().equals(RETRY) ? Update.Kind.RETRIED : Update.Kind.ROLLED_BACK;
          case DELETED -> Update.Kind.DELETED;
          default -> Update.Kind.UNKNOWN;
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
        Instant.ofEpochSecond(wire.getTimestamp()),
        kind == Update.Kind.DELETED ? wire.getMessage() : "");
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
