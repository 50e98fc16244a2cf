package dev.controlplane.transport.http2;

import dev.controlplane.transport.hpack.DirectAnswer;
import dev.controlplane.transport.hpack.HeaderDecoder;
import dev.controlplane.transport.status.GrpcError;
import io.grpc.Status;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the open HTTP/2 streams of all connections of a listener, and limits them. A stream costs
 * memory and a thread as soon as its head has arrived, whatever the client sends after it, and a
 * client may open any number of connections. A stream beyond the limit is answered at once and does
 * not count. Thread-safe.
 */
public final class StreamBound {
  private final String setting;
  private final long most;
  private final AtomicLong open = new AtomicLong();
  private final LongAdder refused = new LongAdder();

  /**
   * Creates a counter at 0.
   *
   * @param setting the name of the limit in the server's settings, for refusals
   * @param most how many streams may be open
   */
  public StreamBound(String setting, long most) {
    this.setting = setting;
    this.most = most;
  }

  /** A counter that limits nothing. */
  public static StreamBound none() {
    return new StreamBound("", Long.MAX_VALUE);
  }

  /** The number of streams that may be open. */
  public long most() {
    return most;
  }

  /** The number of streams that are open. */
  public long open() {
    return open.get();
  }

  /** How many streams were refused. */
  public long refused() {
    return refused.sum();
  }

  /** Counts a new stream. Returns false if there are as many as may be. */
  boolean enter() {
    if (open.getAndUpdate(n -> n < most ? n + 1 : n) < most) {
      return true;
    }
    refused.increment();
    return false;
  }

  /** Counts the end of a stream that was counted. */
  void leave() {
    open.decrementAndGet();
  }

  /** The refusal of a gRPC call. */
  DirectAnswer toCall(int streamId) {
    Status status =
        Status.RESOURCE_EXHAUSTED.withDescription(
            "%d calls are open, as many as %s allows; try again later".formatted(most, setting));
    return DirectAnswer.grpc(
        streamId, GrpcError.of(status, "TOO_MANY_CALLS").retryAfter(Duration.ofSeconds(1)));
  }

  /** The refusal of an HTTP request. */
  DirectAnswer toRequest(int streamId, HeaderDecoder.Block head) {
    return DirectAnswer.http(
        streamId,
        head,
        503,
        Map.of("retry-after", "1"),
        "too_many_requests",
        "%d requests are being answered over HTTP/2, as many as %s allows; try again later"
            .formatted(most, setting));
  }
}
