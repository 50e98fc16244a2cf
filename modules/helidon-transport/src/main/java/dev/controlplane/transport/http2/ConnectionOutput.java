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
 * All that goes out on one connection. Its one lock guards the streams ({@link StreamTable}), the
 * windows that say how much may go out ({@link FlowControl}) and the bytes that wait for the socket
 * ({@link FrameBuffer}); {@link FrameWriter} writes them without the lock.
 *
 * <p>Helidon 4.5.0 writes each frame to the socket on the thread that made it, under a lock of the
 * connection ({@code Http2ConnectionWriter}). What follows from that, and is other here:
 *
 * <ul>
 *   <li>It reads the windows, writes, and lowers the windows without holding anything across the
 *       three: streams that send at once over-send the connection's window, and the client or
 *       Helidon itself ends the connection. Here a frame is taken out of both windows and put into
 *       the buffer under one lock.
 *   <li>An interrupt during a write closes the connection of all streams. Here no sender touches
 *       the socket.
 *   <li>A client that reads nothing from its socket holds up the thread that reads from it: no
 *       answer to a PING, no news of a cancelled stream. Here nobody but the writer waits for the
 *       socket.
 *   <li>One system call a message. Here frames gather in a buffer for as long as the writer is busy
 *       or waits to run.
 * </ul>
 *
 * <p>A sender puts its message on its stream and the stream into the queue of the flow control.
 * Whoever makes room (the sender itself, the writer that took a full buffer, the reader that saw a
 * WINDOW_UPDATE) serves the queue until a window or the buffer is used up. An idle connection has
 * neither thread nor buffer.
 *
 * <p>Memory: one buffer filling and one in the socket, 64 KiB each and what one frame goes over; of
 * each stream the message that goes out and, behind it, up to {@value OpenStream#MAX_WAITING} of
 * together 16 KiB (64 KiB of the body of an HTTP answer, whose parts go the way of messages). They
 * are not copied before they go into the buffer. Frames that do not wait for room (HEADERS,
 * SETTINGS, PING, WINDOW_UPDATE) may add up to {@link FrameBuffer#MAX_PENDING}, then the peer is
 * one that makes us answer and reads no answer, and the connection is closed.
 */
public final class ConnectionOutput implements FlowControl.Writer, FrameWriter.Source {
  private final FrameBudget budget;
  private final FrameWriter writer;
  private final StreamSender sender;
  private final StreamHandover handover = new StreamHandover(this);
  private final Runnable closeSocket;

  /** Nothing else is locked, and nothing is waited for, by a thread that holds it. */
  final ReentrantLock lock = new ReentrantLock();

  private final Condition drained = lock.newCondition();

  @GuardedBy("lock")
  final StreamTable streams = new StreamTable();

  @GuardedBy("lock")
  final FlowControl flow = new FlowControl();

  @GuardedBy("lock")
  final FrameBuffer frames = new FrameBuffer();

  @GuardedBy("lock")
  final SentHeaders headers = new SentHeaders();

  /** The writer's thread runs. */
  @GuardedBy("lock")
  private boolean writing;

  /** Why the connection has ended; null while it has not. */
  @GuardedBy("lock")
  String broken;

  @GuardedBy("lock")
  private boolean goAwaySaid;

  /** DATA frames that went out. */
  @GuardedBy("lock")
  private long dataFrames;

  /**
   * @param closeSocket ends the connection under the writer and the reader
   * @param writerName of the thread that writes, for those who look at threads
   * @param stallLimit how long a client may take nothing of what a stream sends
   */
  ConnectionOutput(
      DataWriter socket,
      Runnable closeSocket,
      String writerName,
      Duration stallLimit,
      FrameBudget budget) {
    this.writer = new FrameWriter(socket, writerName, this);
    this.sender = new StreamSender(this, stallLimit);
    this.closeSocket = closeSocket;
    this.budget = budget;
  }

  /** Sends what the streams of this connection have to send. */
  public StreamSender sender() {
    return sender;
  }

  /** Who handles which stream, and who of Helidon and this module knows it. */
  public StreamHandover handover() {
    return handover;
  }

  int openStreams() {
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

  /** Puts frames of the queued streams into the buffer, for as long as there is room. */
  @GuardedBy("lock")
  void serve() {
    flow.distribute(this);
    if (!frames.isEmpty()) {
      wakeWriter();
    }
  }

  /** For {@link #serve}. */
  @Override
  @GuardedBy("lock")
  public boolean hasRoom() {
    return broken == null && frames.hasRoom();
  }

  /** For {@link #serve}. A frame takes as many messages as fit: the client wakes once for all. */
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

  /**
   * Sends a frame of this module's own that flow control does not hold back; does nothing on a
   * broken connection.
   */
  void control(byte[] frame) {
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

  /** For the writer. */
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

  /** For the writer. */
  @Override
  public void broke(String why) {
    close(why);
  }

  /** How long the socket has been busy with one write, in nanoseconds. */
  long writingFor(long now) {
    return writer.writingFor(now);
  }

  /** Waits until all is written, but not longer than this. */
  void drain(Duration limit) throws InterruptedException {
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

  /** Tells the client to open no more streams here; once. */
  void sayGoAway() {
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

  /** Ends the connection and tells every handler on it, on this thread; once. */
  void close(String why) {
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
