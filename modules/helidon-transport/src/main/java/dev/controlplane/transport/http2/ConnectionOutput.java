package dev.controlplane.transport.http2;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.controlplane.transport.frames.FrameBudget;
import dev.controlplane.transport.frames.Frames;
import dev.controlplane.transport.hpack.SentHeaders;
import io.helidon.common.buffers.DataWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The output of one HTTP/2 connection. One lock guards its parts: the streams ({@link
 * StreamTable}), the flow-control windows ({@link FlowControl}) and the frames waiting for the
 * socket ({@link FrameBuffer}). {@link FrameWriter} writes them to the socket without holding the
 * lock.
 *
 * <p>How a message goes out: the sender puts the message on its stream, and the stream into the
 * queue of the flow control. Whoever makes room serves the queue until a window or the buffer is
 * used up: the sender itself, the writer that took a full buffer, or the reader that saw a
 * WINDOW_UPDATE. An idle connection has neither thread nor buffer.
 *
 * <p>Why not Helidon's output: Helidon 4.5.0 ({@code Http2ConnectionWriter}) writes each frame to
 * the socket on the thread that made it, under a lock of the connection. That has these
 * consequences:
 *
 * <ul>
 *   <li>Helidon reads the windows, writes, and then lowers the windows, with no lock around the
 *       three steps. Streams that send at the same time exceed the connection's window, and the
 *       client or Helidon ends the connection. Here a frame is subtracted from both windows and put
 *       into the buffer under one lock.
 *   <li>An interrupt during a write closes the connection of all streams. Here no sender touches
 *       the socket.
 *   <li>A client that reads nothing from its socket blocks the thread that reads from it: no PING
 *       is answered, no cancelled stream noticed. Here only the writer waits for the socket.
 *   <li>Every message costs a system call. Here frames gather in the buffer while the writer is
 *       busy or waiting to run.
 * </ul>
 *
 * <p>Memory: per connection, one buffer that fills and one in the socket, each of 64 KiB plus at
 * most one frame. Per stream, the message that is being sent and up to {@value
 * OpenStream#MAX_WAITING} behind it, with at most 16 KiB together; for an HTTP answer, parts of the
 * body instead of messages, with at most 64 KiB. Messages are not copied before they go into the
 * buffer. Frames that flow control does not hold back (HEADERS, SETTINGS, PING, WINDOW_UPDATE) may
 * add up to {@link FrameBuffer#MAX_PENDING}; beyond that the peer provokes answers without reading
 * them, and the connection is closed.
 */
public final class ConnectionOutput implements FlowControl.Writer, FrameWriter.Source {
  private final FrameBudget budget;
  private final FrameWriter writer;
  private final StreamSender sender;
  private final StreamHandover handover = new StreamHandover(this);
  private final Runnable closeSocket;

  /** Lock rule: a thread that holds it takes no other lock and waits for nothing. */
  final ReentrantLock lock = new ReentrantLock();

  private final Condition drained = lock.newCondition();

  @GuardedBy("lock")
  final StreamTable streams;

  @GuardedBy("lock")
  final FlowControl flow = new FlowControl();

  @GuardedBy("lock")
  final FrameBuffer frames = new FrameBuffer();

  @GuardedBy("lock")
  final SentHeaders headers = new SentHeaders();

  /** The writer's thread is running. */
  @GuardedBy("lock")
  private boolean writing;

  /** Why the connection has ended; null while it is open. */
  @GuardedBy("lock")
  String broken;

  @GuardedBy("lock")
  private boolean goAwaySaid;

  /** DATA frames sent so far. */
  @GuardedBy("lock")
  private long dataFrames;

  /**
   * @param closeSocket closes the socket under the writer and the reader; must not block
   * @param writerName name of the writer's thread, as profiles show it
   * @param stallLimit how long a client may accept no data of a stream
   * @param bound of the streams of all connections
   */
  public ConnectionOutput(
      DataWriter socket,
      Runnable closeSocket,
      String writerName,
      Duration stallLimit,
      FrameBudget budget,
      StreamBound bound) {
    this.streams = new StreamTable(bound);
    this.writer = new FrameWriter(socket, writerName, this);
    this.sender = new StreamSender(this, stallLimit);
    this.closeSocket = closeSocket;
    this.budget = budget;
  }

  /** Sends messages and bodies on the streams of this connection. */
  public StreamSender sender() {
    return sender;
  }

  /** Moves streams from Helidon to their handlers. */
  public StreamHandover handover() {
    return handover;
  }

  public int openStreams() {
    lock.lock();
    try {
      return streams.size();
    } finally {
      lock.unlock();
    }
  }

  long dataFrames() {
    lock.lock();
    try {
      return dataFrames;
    } finally {
      lock.unlock();
    }
  }

  /** Ends a stream with RST_STREAM. */
  @GuardedBy("lock")
  void reset(OpenStream stream, int errorCode) {
    streams.removeReset(stream.id);
    stream.lost();
    control(Frames.reset(stream.id, errorCode));
  }

  /** Moves frames of queued streams into the buffer while there is room, and wakes the writer. */
  @GuardedBy("lock")
  void serve() {
    flow.distribute(this);
    if (!frames.isEmpty()) {
      wakeWriter();
    }
  }

  /** Whether the buffer accepts another DATA frame. */
  @Override
  @GuardedBy("lock")
  public boolean hasRoom() {
    return broken == null && frames.hasRoom();
  }

  /**
   * Puts one DATA frame into the buffer. It carries as many messages as fit, so the client wakes
   * once for all of them.
   */
  @Override
  @GuardedBy("lock")
  public void data(OpenStream stream, int length) {
    frames.data(stream, length);
    dataFrames++;
    if (stream.ending && stream.remaining() == 0) {
      streams.localEnded(stream, System.nanoTime());
    } else if (stream.waits || stream.ending) {
      stream.madeProgress(System.nanoTime());
      stream.wakeIfWorthIt();
    }
  }

  /** Sends a frame that flow control does not hold back. Does nothing on a broken connection. */
  public void control(byte[] frame) {
    if (Frames.type(frame, 0) == Frames.RST_STREAM) {
      budget.resetSent(Frames.int32(frame, Frames.HEADER));
    }
    lock.lock();
    try {
      if (broken == null) {
        frames.control(frame);
        if (!frames.isEmpty()) {
          wakeWriter();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void wakeWriter() {
    if (!writing) {
      writing = true;
      writer.start();
    }
  }

  /** Returns what the writer writes next; empty if there is nothing. */
  @Override
  public Optional<FrameBuffer.Batch> next(byte[] spare) {
    lock.lock();
    try {
      if (frames.isEmpty() || broken != null) {
        writing = false;
        frames.release(spare);
        drained.signalAll();
        return Optional.empty();
      }
      FrameBuffer.Batch batch = frames.take(spare);
      serve();
      return Optional.of(batch);
    } finally {
      lock.unlock();
    }
  }

  /** Called by the writer when the socket failed. */
  @Override
  public void broke(String why) {
    close(why);
  }

  /** Returns for how many nanoseconds the socket has been busy with one write; 0 if it is not. */
  public long writingFor(long now) {
    return writer.writingFor(now);
  }

  /** Waits until everything is written, at most for this time. */
  public void drain(Duration limit) throws InterruptedException {
    lock.lock();
    try {
      long left = limit.toNanos();
      while (writing && broken == null && left > 0) {
        left = drained.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Sends a GOAWAY that lets open streams finish. Only the first call has an effect. */
  public void sayGoAway() {
    lock.lock();
    try {
      if (!goAwaySaid) {
        goAwaySaid = true;
        control(Frames.goAway(streams.lastStreamId(), Frames.NO_ERROR));
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Closes the connection and notifies the handlers of its streams, on the current thread. Only the
   * first call has an effect.
   */
  public void close(String why) {
    List<OpenStream.Handler> handlers = new ArrayList<>();
    lock.lock();
    try {
      if (broken == null) {
        fail(why);
      }
      for (OpenStream stream : streams.all()) {
        stream.lost();
        if (stream.handler != null) {
          handlers.add(stream.handler);
        }
      }
      streams.clear();
      flow.clear();
    } finally {
      lock.unlock();
    }
    handlers.forEach(OpenStream.Handler::connectionGone);
  }

  @GuardedBy("lock")
  void fail(String why) {
    broken = why;
    drained.signalAll();
    closeSocket.run();
  }
}
