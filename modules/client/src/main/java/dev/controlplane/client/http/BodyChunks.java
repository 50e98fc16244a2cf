package dev.controlplane.client.http;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A response body that a blocking thread reads chunk by chunk.
 *
 * <p>One chunk is requested at a time, so at most one is waiting. Unlike the JDK's input stream, it
 * has a timeout for a silent server.
 */
final class BodyChunks implements BodySubscriber<BodyChunks>, AutoCloseable {
  private sealed interface Event {}

  private record Piece(List<ByteBuffer> buffers) implements Event {}

  private record Failure(Throwable cause) implements Event {}

  private record End() implements Event {}

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();

  @Override
  public CompletionStage<BodyChunks> getBody() {
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription upstream) {
    if (subscription.complete(upstream)) {
      upstream.request(1);
    } else {
      upstream.cancel();
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    events.add(new Piece(buffers));
  }

  @Override
  public void onError(Throwable failure) {
    events.add(new Failure(failure));
  }

  @Override
  public void onComplete() {
    events.add(new End());
  }

  /**
   * Returns the next chunk; null at the end.
   *
   * @throws IOException if the connection broke, or nothing arrived within the timeout
   */
  List<ByteBuffer> next(Duration patience) throws IOException, InterruptedException {
    Event event = events.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
    return switch (event) {
      case null -> throw new IOException("nothing received for " + patience.toSeconds() + " s");
      case Piece piece -> {
        subscription.resultNow().request(1);
        yield piece.buffers();
      }
      case Failure failure -> throw new IOException(failure.cause().getMessage(), failure.cause());
      case End _ -> null;
    };
  }

  /** Releases the connection. Unread bytes are lost. */
  @Override
  public void close() {
    if (!subscription.cancel(false)) {
      subscription.resultNow().cancel();
    }
  }
}
