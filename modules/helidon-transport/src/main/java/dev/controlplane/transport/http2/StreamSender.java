package dev.controlplane.transport.http2;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.controlplane.transport.frames.Frames;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** The senders of a connection's streams: they wait for the client, and not longer than allowed. */
public final class StreamSender {
  /**
   * How long a client may send on after the whole answer before it is told to stop (RFC 9113,
   * section 8.1). Not at once: curl 7.88 loses an answer that RST_STREAM comes with.
   */
  private static final Duration BODY_LINGER = Duration.ofSeconds(1);

  private final ConnectionOutput output;
  private final Duration stallLimit;

  /** Senders that wait for their messages to go out. */
  @GuardedBy("output.lock")
  private int waiting;

  StreamSender(ConnectionOutput output, Duration stallLimit) {
    this.output = output;
    this.stallLimit = stallLimit;
  }

  /** Sends a part of a body that is not empty, as {@link #message} does. */
  void part(OpenStream stream, byte[] bytes) {
    message(stream, bytes, false);
  }

  /**
   * Sends a message, compressed or not; returns when it is in the buffer, or waits behind few
   * others. It must not change any more.
   *
   * <p>An interrupt neither ends nor tears the message: it shows again in the thread's flag once
   * the message is on its way.
   *
   * @throws StreamGoneException if the stream or the connection is gone
   * @throws StreamStalledException if the client took nothing for the stall limit; what was not out
   *     by then never goes out
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
   * Returns when all messages of a stream are in the buffer; does nothing if the stream or the
   * connection is gone.
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
      // Who waits for them is gone too.
    } finally {
      output.lock.unlock();
    }
  }

  /**
   * Whether the request of a stream has a body. Waits for what the client sends next where only
   * that can tell: an empty DATA frame may end a request that has none (RFC 9113, section 8.1). A
   * client that sends nothing for the stall limit is taken for one that has a body.
   *
   * @throws StreamGoneException if the stream or the connection is gone
   */
  boolean hasBody(int streamId) {
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
   * Gives up what a stream has to send; its senders are told that it is gone.
   *
   * @return whether it ends between two messages, so that trailers may follow
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
   * Wakes the senders that have waited for too long, for {@link Watchdog}: a timer of its own for
   * each wait would cost more than the message. A stream that nobody sends on any more is reset.
   */
  void wakeStalled(long now) {
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
