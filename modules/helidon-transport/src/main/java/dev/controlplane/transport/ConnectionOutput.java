package dev.controlplane.transport;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * All that goes out on one connection, and the windows that say how much may.
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
 * <p>A sender puts its message on its stream and the stream into a queue. Whoever makes room (the
 * sender itself, the writer that took a full buffer, the reader that saw a WINDOW_UPDATE) serves
 * the queue: a frame of at most 16 KiB from each stream in turn, with all its messages that fit,
 * until a window or the buffer is used up. A stream whose own window is used up leaves the queue
 * until its window grows, so it holds up nobody. A message that fits into a quarter of the client's
 * initial window starts only when it can go out whole, so a stream that has to end on a client that
 * stopped reading ends between messages. The writer is a virtual thread that lives for as long as
 * there is something to write: an idle connection has neither thread nor buffer ({@link
 * SpareBuffers}).
 *
 * <p>Memory: one buffer filling and one in the socket, 64 KiB each and what one frame goes over; of
 * each stream the message that goes out and, behind it, up to {@value OpenStream#MAX_WAITING} of
 * together 16 KiB (64 KiB of the body of an HTTP answer, whose parts go the way of messages). They
 * are not copied before they go into the buffer. Frames that do not wait for room (HEADERS,
 * SETTINGS, PING, WINDOW_UPDATE) may add up to {@link #MAX_PENDING}, then the peer is one that
 * makes us answer and reads no answer, and the connection is closed.
 */
final class ConnectionOutput implements DataWriter {
  /** How many bytes of DATA may wait for the socket. */
  static final int ROOM = 64 << 10;

  /** How many bytes of whatever may wait for the socket. */
  static final int MAX_PENDING = 4 << 20;

  /**
   * How long a client may send on after the whole answer before it is told to stop (RFC 9113,
   * section 8.1). Not at once: curl 7.88 loses an answer that RST_STREAM comes with.
   */
  private static final Duration BODY_LINGER = Duration.ofSeconds(1);

  /** How many resets a connection may have at once, and a second after that. */
  static final int RESETS = 20_000;

  static final int RESETS_A_SECOND = 2_000;

  /**
   * What a reset counts that the client made the server send by a fault: no client has reason to.
   */
  static final int PROVOKED = 10;

  private static final int SMALLEST_BUFFER = 512;

  /** Up to here, in bytes, a buffer is made anew; a larger one is shared with other connections. */
  private static final int SMALL_BUFFER = 4 << 10;

  private static final SpareBuffers SPARE = new SpareBuffers();

  private final DataWriter socket;
  private final Runnable closeSocket;
  private final String writerName;
  private final Duration stallLimit;
  private final boolean takesBodies;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition drained = lock.newCondition();
  private final Map<Integer, OpenStream> streams = new HashMap<>();
  private final ArrayDeque<OpenStream> ready = new ArrayDeque<>();

  private byte[] buffer;
  private int count;
  private int lastBatch = SMALLEST_BUFFER;
  private boolean writing;
  private String broken;
  private long window = Frames.DEFAULT_WINDOW;
  private int initialWindow = Frames.DEFAULT_WINDOW;

  /** The initial window of each SETTINGS frame that Helidon has yet to acknowledge; -1 for none. */
  private final ArrayDeque<Integer> unacknowledged = new ArrayDeque<>();

  /** Senders that wait for their messages to go out. */
  private int waiting;

  /**
   * Streams whose handler is through, while something of the answer waits, or the client still
   * sends; and those of which that was so not long ago.
   */
  private final Set<OpenStream> unattended = new HashSet<>();

  private int lastStreamId;
  private boolean goAwaySaid;

  /** Inside a HEADERS frame and its CONTINUATION frames nothing else may go out. */
  private boolean headerBlockOpen;

  /** Frames of this module that wait for the end of the header block. */
  private final ArrayList<byte[]> behindHeaders = new ArrayList<>();

  /** Resets that the client sends and those that it provokes (CVE-2023-44487, CVE-2025-8671). */
  private final TokenBucket resets = new TokenBucket(RESETS, RESETS_A_SECOND, System.nanoTime());

  private boolean tooManyResets;

  /** DATA frames that went out; the client may answer each with a WINDOW_UPDATE or two. */
  private long dataFrames;

  /** DATA that Helidon took out of its own window of the connection, and has not got back. */
  private long takenByHelidon;

  /**
   * DATA came in: from now on Helidon has no say in how much the client may send on the connection.
   */
  private boolean inboundBegan;

  /** When the write that the socket is busy with began; 0 when there is none. */
  private volatile long writingSince;

  /**
   * @param closeSocket ends the connection under the writer and the reader
   * @param writerName of the thread that writes, for those who look at threads
   * @param takesBodies whether Helidon hears of what clients send behind headers
   */
  ConnectionOutput(
      DataWriter socket,
      Runnable closeSocket,
      String writerName,
      Duration stallLimit,
      boolean takesBodies) {
    this.socket = socket;
    this.closeSocket = closeSocket;
    this.writerName = writerName;
    this.stallLimit = stallLimit;
    this.takesBodies = takesBodies;
  }

  /** A HEADERS frame came in. */
  void headersReceived(int streamId, boolean endStream) {
    lock.lock();
    try {
      OpenStream stream = streams.get(streamId);
      if (stream == null && streamId > lastStreamId) {
        lastStreamId = streamId;
        stream = new OpenStream(streamId, initialWindow);
        stream.hasBody = !endStream;
        stream.detached = stream.hasBody && !takesBodies;
        streams.put(streamId, stream);
      }
      if (stream != null && endStream) {
        remoteEnded(stream);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * A DATA frame came in.
   *
   * @return false if Helidon does not know its stream any more, and must not see the frame
   */
  boolean dataReceived(int streamId, boolean endStream) {
    lock.lock();
    try {
      inboundBegan = true;
      OpenStream stream = streams.get(streamId);
      if (stream == null) {
        return streamId > lastStreamId;
      }
      if (!stream.remoteEnded) {
        if (endStream) {
          remoteEnded(stream);
        }
        return !stream.detached;
      }
      if (!stream.detached) {
        return true;
      }
    } finally {
      lock.unlock();
    }
    // Its request had ended: RFC 9113, section 5.1, "half-closed (remote)".
    control(Frames.reset(streamId, Frames.STREAM_CLOSED));
    resetReceived(streamId);
    return false;
  }

  /**
   * A RST_STREAM frame came in: tells the handler.
   *
   * @return false if Helidon does not know its stream any more, and must not see the frame
   */
  boolean resetReceived(int streamId) {
    OpenStream stream;
    StreamHandler handler;
    lock.lock();
    try {
      stream = streams.remove(streamId);
      if (stream == null) {
        return streamId > lastStreamId;
      }
      handler = stream.handler;
      gone(stream);
    } finally {
      lock.unlock();
    }
    if (handler != null) {
      handler.clientGone();
    }
    return !stream.detached;
  }

  /**
   * Binds a handler to its stream.
   *
   * @param most streams that may be open
   * @return the stream, or null if it is gone already, or refused
   */
  OpenStream attach(int streamId, StreamHandler handler, long most) {
    lock.lock();
    try {
      OpenStream stream = open(streamId, most);
      if (stream != null) {
        stream.handler = handler;
        stream.becomeGrpc();
      }
      return stream;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The stream of a request whose headers Helidon has read.
   *
   * @param most streams that may be open; Helidon does not count those that it is done with and
   *     that still send
   * @return null if it is gone already, or refused
   */
  OpenStream open(int streamId, long most) {
    lock.lock();
    try {
      OpenStream stream = streams.get(streamId);
      if (stream != null && streams.size() > most) {
        reset(stream, Frames.REFUSED_STREAM);
        return null;
      }
      return stream;
    } finally {
      lock.unlock();
    }
  }

  private void reset(OpenStream stream, int errorCode) {
    streams.remove(stream.id);
    gone(stream);
    control(Frames.reset(stream.id, errorCode));
  }

  /** The stream's handler goes on without Helidon. */
  void detach(OpenStream stream) {
    lock.lock();
    try {
      stream.detached = true;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the request of a stream that is open has a body, or may have one. */
  boolean hasBody(int streamId) {
    lock.lock();
    try {
      OpenStream stream = streams.get(streamId);
      return stream != null && stream.hasBody;
    } finally {
      lock.unlock();
    }
  }

  int openStreams() {
    lock.lock();
    try {
      return streams.size();
    } finally {
      lock.unlock();
    }
  }

  private void remoteEnded(OpenStream stream) {
    stream.remoteEnded = true;
    if (stream.localEnded) {
      streams.remove(stream.id);
    }
    stream.detached |= stream.ending;
  }

  private void localEnded(OpenStream stream) {
    stream.localEnded = true;
    if (stream.remoteEnded) {
      streams.remove(stream.id);
    } else if (stream.detached) {
      stream.progress = System.nanoTime();
      unattended.add(stream);
    }
  }

  /** One reset more, sent or received. */
  void countReset(int cost) {
    lock.lock();
    try {
      tooManyResets |= !resets.take(cost, System.nanoTime());
    } finally {
      lock.unlock();
    }
  }

  /** Whether the connection had more resets than a client has reason for. */
  boolean tooManyResets() {
    lock.lock();
    try {
      return tooManyResets;
    } finally {
      lock.unlock();
    }
  }

  private static int costOf(int errorCode) {
    return switch (errorCode) {
      case Frames.PROTOCOL_ERROR, Frames.FLOW_CONTROL_ERROR, Frames.STREAM_CLOSED -> PROVOKED;
      default -> 1;
    };
  }

  long dataFrames() {
    lock.lock();
    try {
      return dataFrames;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The request of a stream is refused: what still comes of it is read over. The caller sends the
   * answer next.
   */
  void refuse(int streamId) {
    lock.lock();
    try {
      OpenStream stream = streams.get(streamId);
      if (stream != null) {
        stream.detached = true;
      }
    } finally {
      lock.unlock();
    }
  }

  private void gone(OpenStream stream) {
    stream.gone = true;
    stream.wake();
  }

  /**
   * The client takes more on the connection.
   *
   * @return by how much Helidon's own window shall grow; -1 if the client's is now too large
   */
  long connectionWindowGrew(int increment) {
    lock.lock();
    try {
      window += increment;
      serve();
      if (window > Frames.MAX_WINDOW) {
        return -1;
      }
      long back = takenByHelidon;
      takenByHelidon = 0;
      return back;
    } finally {
      lock.unlock();
    }
  }

  /** What became of a WINDOW_UPDATE for a stream. */
  enum StreamUpdate {
    TAKEN,
    NEVER_OPENED,
    TOO_LARGE
  }

  /** The client takes more on a stream. */
  StreamUpdate streamWindowGrew(int streamId, int increment) {
    lock.lock();
    try {
      OpenStream stream = streams.get(streamId);
      if (stream == null) {
        return streamId > lastStreamId ? StreamUpdate.NEVER_OPENED : StreamUpdate.TAKEN;
      }
      stream.window += increment;
      if (stream.window > Frames.MAX_WINDOW) {
        return StreamUpdate.TOO_LARGE;
      }
      enqueue(stream);
      serve();
      return StreamUpdate.TAKEN;
    } finally {
      lock.unlock();
    }
  }

  /**
   * A SETTINGS frame came in. What it says holds from the frame on that acknowledges it: until then
   * the client counts as before, so a window that it raises must not be used, nor one that it then
   * lowers again.
   *
   * @param initialWindow SETTINGS_INITIAL_WINDOW_SIZE, or -1 if the frame does not change it
   */
  void settingsReceived(int initialWindow) {
    lock.lock();
    try {
      unacknowledged.add(initialWindow);
    } finally {
      lock.unlock();
    }
  }

  /** Moves the window of each open stream (RFC 9113, 6.9.2). */
  private void settingsAcknowledged() {
    Integer size = unacknowledged.poll();
    if (size == null || size < 0) {
      return;
    }
    long change = (long) size - initialWindow;
    initialWindow = size;
    for (OpenStream stream : streams.values()) {
      stream.window += change;
      enqueue(stream);
    }
  }

  /**
   * Sends a message, or a part of a body that is not empty; returns when it is in the buffer, or
   * waits behind few others. It must not change any more.
   *
   * <p>An interrupt neither ends nor tears the message: it shows again in the thread's flag once
   * the message is on its way.
   *
   * @throws StreamGoneException if the stream or the connection is gone
   * @throws StreamStalledException if the client took nothing for the stall limit; what was not out
   *     by then never goes out
   */
  void message(OpenStream stream, byte[] bytes) {
    lock.lock();
    try {
      checkOpen(stream);
      if (!stream.takes(bytes.length)) {
        awaitSent(stream, () -> stream.takes(bytes.length));
      }
      stream.offer(bytes);
      enqueue(stream);
      serve();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns when all messages of a stream are in the buffer; does nothing if the stream or the
   * connection is gone.
   *
   * @throws StreamStalledException as {@link #message} does
   */
  void flush(OpenStream stream) {
    lock.lock();
    try {
      if (stream.remaining() > 0) {
        awaitSent(stream, () -> stream.remaining() == 0);
      }
    } catch (StreamGoneException e) {
      // Who waits for them is gone too.
    } finally {
      lock.unlock();
    }
  }

  private void checkOpen(OpenStream stream) {
    if (broken != null) {
      throw new StreamGoneException(broken);
    }
    if (stream.gone) {
      throw new StreamGoneException("the client ended the stream");
    }
    if (stream.localEnded) {
      throw new IllegalStateException("stream " + stream.id + " has ended");
    }
  }

  private void awaitSent(OpenStream stream, BooleanSupplier enough) {
    if (stream.moved == null) {
      stream.moved = lock.newCondition();
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
    lock.lock();
    try {
      if (waiting > 0) {
        streams.values().stream()
            .filter(stream -> stream.waits && isStalled(stream, now))
            .forEach(OpenStream::wake);
      }
      unattended.removeIf(stream -> stream != streams.get(stream.id));
      for (OpenStream stream : List.copyOf(unattended)) {
        if (stream.localEnded && now - stream.progress >= BODY_LINGER.toNanos()) {
          reset(stream, Frames.NO_ERROR);
        } else if (!stream.localEnded && isStalled(stream, now)) {
          reset(stream, Frames.CANCEL);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void enqueue(OpenStream stream) {
    if (!stream.queued && stream.remaining() > 0) {
      stream.queued = true;
      ready.add(stream);
    }
  }

  /**
   * Puts frames of the queued streams into the buffer, one of each in turn, for as long as there is
   * room. A frame takes as many messages as fit into it: the client wakes once for all of them.
   */
  private void serve() {
    while (window > 0 && count < ROOM && !headerBlockOpen && broken == null) {
      OpenStream stream = ready.poll();
      if (stream == null) {
        break;
      }
      stream.queued = false;
      long most = Math.min(window, Frames.MAX_PAYLOAD);
      int length = (int) Math.min(most, stream.sendable(Math.max(1, initialWindow / 4)));
      if (length == 0 || stream.gone) {
        continue;
      }
      reserve(Frames.HEADER + length);
      stream.copyTo(buffer, count + Frames.HEADER, length);
      boolean last = stream.ending && stream.remaining() == 0;
      int flags = last ? Frames.END_STREAM : 0;
      Frames.putHeader(buffer, count, length, Frames.DATA, flags, stream.id);
      count += Frames.HEADER + length;
      stream.window -= length;
      window -= length;
      dataFrames++;
      if (last) {
        localEnded(stream);
        continue;
      }
      if (stream.waits || stream.ending) {
        stream.madeProgress(System.nanoTime());
        stream.wakeIfWorthIt();
      }
      enqueue(stream);
    }
    if (count > 0) {
      wakeWriter();
    }
  }

  /**
   * Sends a frame of this module's own that flow control does not hold back; does nothing on a
   * broken connection.
   */
  void control(byte[] frame) {
    lock.lock();
    try {
      if (Frames.type(frame, 0) == Frames.RST_STREAM) {
        countReset(costOf(Frames.int32(frame, Frames.HEADER)));
      }
      if (broken != null) {
        return;
      }
      if (headerBlockOpen) {
        behindHeaders.add(frame);
        return;
      }
      reserve(frame.length);
      System.arraycopy(frame, 0, buffer, count, frame.length);
      count += frame.length;
      wakeWriter();
    } finally {
      lock.unlock();
    }
  }

  /** Takes one frame, as Helidon's {@code Http2ConnectionWriter} writes them. */
  @Override
  public void writeNow(BufferData frame) {
    byte[] header = new byte[Frames.HEADER];
    frame.read(header);
    lock.lock();
    try {
      if (broken != null) {
        throw new UncheckedIOException(new SocketException(broken));
      }
      OpenStream stream = streams.get(Frames.streamId(header, 0));
      int flags = Frames.flags(header, 0);
      switch (Frames.type(header, 0)) {
        case Frames.DATA -> body(stream, frame, (flags & Frames.END_STREAM) != 0);
        case Frames.HEADERS -> {
          headerBlock(header, frame, flags);
          if ((flags & Frames.END_STREAM) != 0 && stream != null) {
            localEnded(stream);
          }
        }
        case Frames.CONTINUATION -> headerBlock(header, frame, flags);
        case Frames.RST_STREAM -> resetByHelidon(stream, frame);
        case Frames.SETTINGS -> {
          append(header, frame);
          if ((flags & Frames.ACK) != 0) {
            settingsAcknowledged();
          }
        }
        case Frames.WINDOW_UPDATE -> {
          // InboundWindow gives back what came in on the connection, in place of Helidon.
          if (!inboundBegan || Frames.streamId(header, 0) != 0) {
            append(header, frame);
          }
        }
        default -> append(header, frame);
      }
      serve();
    } finally {
      lock.unlock();
    }
  }

  private void headerBlock(byte[] header, BufferData payload, int flags) {
    append(header, payload);
    headerBlockOpen = (flags & Frames.END_HEADERS) == 0;
    if (!headerBlockOpen && !behindHeaders.isEmpty()) {
      List<byte[]> frames = List.copyOf(behindHeaders);
      behindHeaders.clear();
      frames.forEach(this::control);
    }
  }

  private void append(byte[] header, BufferData payload) {
    int length = payload.available();
    if (count + header.length + length > MAX_PENDING) {
      fail("the peer makes us answer and reads no answer");
      throw new UncheckedIOException(new SocketException(broken));
    }
    reserve(header.length + length);
    System.arraycopy(header, 0, buffer, count, header.length);
    count += header.length;
    for (int end = count + length; count < end; ) {
      count += payload.read(buffer, count, end - count);
    }
  }

  /** Part of the answer to an HTTP request. It waits for the client's windows. */
  private void body(OpenStream stream, BufferData payload, boolean last) {
    int length = payload.available();
    takenByHelidon += length;
    if (stream == null) {
      return;
    }
    if (length > 0) {
      byte[] bytes = new byte[length];
      payload.read(bytes);
      stream.offer(bytes);
    }
    if (last) {
      end(stream);
    } else {
      enqueue(stream);
    }
  }

  private void end(OpenStream stream) {
    if (stream.remaining() == 0) {
      byte[] frame = new byte[Frames.HEADER];
      Frames.putHeader(frame, 0, 0, Frames.DATA, Frames.END_STREAM, stream.id);
      control(frame);
      localEnded(stream);
      return;
    }
    stream.ending = true;
    stream.progress = System.nanoTime();
    stream.detached |= stream.remoteEnded;
    unattended.add(stream);
    enqueue(stream);
  }

  /**
   * Helidon gives up a stream: its handler failed, or has answered before the end of the request.
   * It says STREAM_CLOSED for both, which is for frames that come too late (RFC 9113, section 7).
   */
  private void resetByHelidon(OpenStream stream, BufferData payload) {
    if (stream == null || stream.detached) {
      return;
    }
    byte[] code = new byte[4];
    payload.read(code);
    int errorCode = Frames.int32(code, 0);
    if (errorCode == Frames.STREAM_CLOSED) {
      errorCode = stream.localEnded ? Frames.NO_ERROR : Frames.INTERNAL_ERROR;
    }
    reset(stream, errorCode);
  }

  @Override
  public void write(BufferData buffer) {
    writeNow(buffer);
  }

  @Override
  public void write(BufferData... buffers) {
    writeNow(buffers);
  }

  @Override
  public void writeNow(BufferData... buffers) {
    for (BufferData each : buffers) {
      writeNow(each);
    }
  }

  /** Makes room for so many bytes more. */
  private void reserve(int length) {
    int needed = count + length;
    if (buffer == null) {
      buffer = bufferFor(Math.max(needed, lastBatch));
    } else if (buffer.length < needed) {
      byte[] larger = bufferFor(Math.max(needed, 2 * buffer.length));
      System.arraycopy(buffer, 0, larger, 0, count);
      SPARE.give(buffer);
      buffer = larger;
    }
  }

  private static byte[] bufferFor(int bytes) {
    return bytes > SMALL_BUFFER && bytes <= SpareBuffers.SIZE ? SPARE.take() : new byte[bytes];
  }

  private void wakeWriter() {
    if (!writing) {
      writing = true;
      Thread.ofVirtual().name(writerName).inheritInheritableThreadLocals(false).start(this::write);
    }
  }

  private void write() {
    byte[] spare = null;
    while (true) {
      byte[] batch;
      int length;
      lock.lock();
      try {
        if (count == 0 || broken != null) {
          writing = false;
          SPARE.give(buffer);
          SPARE.give(spare);
          buffer = null;
          drained.signalAll();
          return;
        }
        batch = buffer;
        length = count;
        lastBatch = Math.clamp(length, SMALLEST_BUFFER, SpareBuffers.SIZE);
        buffer = spare;
        spare = null;
        count = 0;
        serve();
      } finally {
        lock.unlock();
      }
      writingSince = System.nanoTime();
      try {
        socket.writeNow(BufferData.create(batch, 0, length));
      } catch (RuntimeException e) {
        close("the connection broke: " + e.getMessage());
      }
      writingSince = 0;
      spare = batch.length > SpareBuffers.SIZE ? null : batch;
    }
  }

  /** How long the socket has been busy with one write, in nanoseconds. */
  long writingFor(long now) {
    long since = writingSince;
    return since == 0 ? 0 : now - since;
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
        control(Frames.goAway(lastStreamId, Frames.NO_ERROR));
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends the connection and tells every handler on it, on this thread; once. */
  void close(String why) {
    List<StreamHandler> handlers = new ArrayList<>();
    lock.lock();
    try {
      if (broken == null) {
        fail(why);
      }
      for (OpenStream stream : streams.values()) {
        gone(stream);
        if (stream.handler != null) {
          handlers.add(stream.handler);
        }
      }
      streams.clear();
      ready.clear();
    } finally {
      lock.unlock();
    }
    handlers.forEach(StreamHandler::connectionGone);
  }

  private void fail(String why) {
    broken = why;
    drained.signalAll();
    closeSocket.run();
  }
}
