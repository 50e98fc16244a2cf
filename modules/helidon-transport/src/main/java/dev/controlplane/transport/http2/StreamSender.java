package dev.controlplane.transport.http2;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.controlplane.transport.frames.Frames;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Sends messages and bodies on the streams of one connection. A sender waits for its client, at
 * most for the stall limit. Thread-safe.
 */
public final class StreamSender {
  /**
   * How long a client may continue its request after the complete answer, before the stream is
   * reset (RFC 9113, section 8.1). Not at once: curl 7.88 loses an answer that arrives together
   * with RST_STREAM.
   */
  private static final Duration BODY_LINGER = Duration.ofSeconds(1);

  private final ConnectionOutput output;
  private final Duration stallLimit;

  /** How many senders are waiting for their messages to go out. */
  @GuardedBy("output.lock")
  private int waiting;

  StreamSender(ConnectionOutput output, Duration stallLimit) {
    this.output = output;
    this.stallLimit = stallLimit;
  }

  /** Sends a non-empty part of a body, as {@link #message} does. */
  void part(OpenStream stream, byte[] bytes) {
    message(stream, bytes, false);
  }

  /**
   * Sends a message. Returns when it is in the connection's buffer or waits behind few others. The
   * bytes must not change any more.
   *
   * <p>An interrupt does not stop the message. The thread's interrupt flag is set again when this
   * method returns.
   *
   * @throws StreamGoneException if the stream or the connection is gone
   * @throws StreamStalledException if the client accepted no data for the stall limit; the unsent
   *     rest is dropped
   */
  public void message(OpenStream stream, byte[] bytes, boolean compressed) {
    output.lock.lock();
    try {
      checkOpen(stream);
      if (!stream.takes(bytes.length)) {
        awaitSent(stream, () -> stream.takes(bytes.length));
      }
      stream.offer(bytes, compressed);
      output.flow.enqueue(stream);
      output.serve();
    } finally {
      output.lock.unlock();
    }
  }

  /**
   * Waits until all messages of a stream are in the connection's buffer. Does nothing if the stream
   * or the connection is gone.
   *
   * @throws StreamStalledException as {@link #message} does
   */
  public void flush(OpenStream stream) {
    output.lock.lock();
    try {
      if (stream.remaining() > 0) {
        awaitSent(stream, () -> stream.remaining() == 0);
      }
    } catch (StreamGoneException e) {
      // The receiver of the messages is gone too.
    } finally {
      output.lock.unlock();
    }
  }

  /**
   * Whether the request of a stream has a body. If the head does not tell, waits for the client's
   * next frame, because an empty DATA frame may end a request without a body (RFC 9113, section
   * 8.1). If the client sends nothing for the stall limit, the request counts as one with a body.
   *
   * @throws StreamGoneException if the stream or the connection is gone
   */
  public boolean hasBody(int streamId) {
    output.lock.lock();
    try {
      OpenStream stream = output.streams.get(streamId);
      if (stream == null) {
        throw new StreamGoneException("the client ended the stream");
      }
      if (stream.moved == null) {
        stream.moved = output.lock.newCondition();
      }
      long left = stallLimit.toNanos();
      while (stream.bodyUnknown && left > 0) {
        checkOpen(stream);
        left = stream.moved.awaitNanos(left);
      }
      stream.bodyUnknown = false;
      stream.detached |= stream.hasBody;
      return stream.hasBody;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StreamGoneException("the server stops");
    } finally {
      output.lock.unlock();
    }
  }

  /**
   * Drops what a stream has yet to send; its senders get {@link StreamGoneException}.
   *
   * @return whether the sent bytes end on a message boundary, so that trailers may follow
   */
  public boolean giveUp(OpenStream stream) {
    output.lock.lock();
    try {
      boolean whole = !stream.isWithinMessage();
      stream.withdraw();
      stream.lost();
      return whole;
    } finally {
      output.lock.unlock();
    }
  }

  @GuardedBy("output.lock")
  private void checkOpen(OpenStream stream) {
    if (output.broken != null) {
      throw new StreamGoneException(output.broken);
    }
    if (stream.gone) {
      throw new StreamGoneException("the client ended the stream");
    }
    if (stream.localEnded) {
      throw new IllegalStateException("stream " + stream.id + " has ended");
    }
  }

  @GuardedBy("output.lock")
  private void awaitSent(OpenStream stream, BooleanSupplier enough) {
    if (stream.moved == null) {
      stream.moved = output.lock.newCondition();
    }
    stream.progress = System.nanoTime();
    stream.waits = true;
    waiting++;
    boolean interrupted = false;
    boolean done = false;
    try {
      while (!enough.getAsBoolean()) {
        checkOpen(stream);
        if (isStalled(stream, System.nanoTime())) {
          throw new StreamStalledException(stallLimit);
        }
        try {
          stream.moved.await();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      done = true;
    } finally {
      stream.waits = false;
      waiting--;
      if (!done) {
        stream.withdraw();
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private boolean isStalled(OpenStream stream, long now) {
    return now - stream.progress >= stallLimit.toNanos();
  }

  /**
   * Wakes the senders over the stall limit, and resets streams without a handler whose client
   * accepts no data, or continues its request too long. Called by the watchdog of the connections:
   * a timer for each wait would cost more than the message.
   */
  public void wakeStalled(long now) {
    output.lock.lock();
    try {
      if (waiting > 0) {
        output.streams.all().stream()
            .filter(stream -> stream.waits && isStalled(stream, now))
            .forEach(OpenStream::wake);
      }
      for (OpenStream stream : output.streams.unattended()) {
        if (stream.localEnded && now - stream.progress >= BODY_LINGER.toNanos()) {
          output.reset(stream, Frames.NO_ERROR);
        } else if (!stream.localEnded && isStalled(stream, now)) {
          output.reset(stream, Frames.CANCEL);
        }
      }
    } finally {
      output.lock.unlock();
    }
  }
}
