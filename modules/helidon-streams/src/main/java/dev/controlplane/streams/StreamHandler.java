package dev.controlplane.streams;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.helidon.common.buffers.BufferData;
import io.helidon.http.http2.Http2FrameHeader;
import io.helidon.http.http2.Http2FrameTypes;
import io.helidon.http.http2.Http2RstStream;
import io.helidon.http.http2.Http2StreamState;
import io.helidon.http.http2.Http2StreamWriter;
import io.helidon.http.http2.Http2WindowUpdate;
import io.helidon.webserver.http2.spi.Http2SubProtocolSelector.SubProtocolHandler;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * One gRPC call, from its headers to the end of its virtual thread.
 *
 * <p>Helidon's own handler reads the client's messages. What Helidon 4.5.0 lacks after that is
 * here:
 *
 * <ul>
 *   <li>It calls a server-streaming method from inside its handler, whose buffers of 32 KiB then
 *       live as long as the stream. Here it is let go when the client has sent its half, and the
 *       method is called after that.
 *   <li>The thread of a stream whose handler ended late, after its connection was lost or by
 *       another thread, waits for the client's next frame for ever ({@code
 *       Http2ServerStream.handle}, {@code inboundData.take()}). Here the state says closed when the
 *       call is over, and a thread that does wait for a frame of a lost connection is woken.
 *   <li>A handler that throws gets its exception logged, and its client no answer. Here the call
 *       ends with the status of the exception.
 * </ul>
 */
final class StreamHandler implements SubProtocolHandler {
  private static final System.Logger LOGGER = System.getLogger(StreamHandler.class.getName());

  /** The handler whose Helidon part starts on this thread. */
  static final ScopedValue<StreamHandler> CURRENT = ScopedValue.newInstance();

  /**
   * Who has the stream's thread: Helidon, waiting for a frame, or this handler; neither once the
   * client is gone.
   */
  private enum Turn {
    HELIDON,
    OURS,
    GONE
  }

  private final ConnectionOutput output;
  private final Http2StreamWriter writer;
  private final InboundMessages messages;
  private final AtomicReference<Turn> turn = new AtomicReference<>(Turn.OURS);
  private final AtomicBoolean told = new AtomicBoolean();

  private SubProtocolHandler helidon;
  private OpenStream stream;
  private Thread thread;
  private volatile StreamCall<?, ?> call;
  private volatile ServerCall.Listener<?> listener;
  private boolean halfClosePending;
  private boolean cancelledByHelidon;
  private volatile boolean remoteEnded;

  /**
   * @param writer of headers
   * @param maxInboundMessage in bytes
   */
  StreamHandler(ConnectionOutput output, Http2StreamWriter writer, int maxInboundMessage) {
    this.output = output;
    this.writer = writer;
    this.messages = new InboundMessages(maxInboundMessage);
  }

  /**
   * Takes over a stream.
   *
   * @param handler Helidon's, not started
   */
  void attach(int streamId, SubProtocolHandler handler) {
    helidon = handler;
    thread = Thread.currentThread();
    stream = output.attach(streamId, this);
    if (stream == null) {
      turn.set(Turn.GONE);
    }
  }

  @Override
  public void init() {
    if (turn.get() == Turn.GONE) {
      return;
    }
    ScopedValue.where(CURRENT, this).run(helidon::init);
    done();
  }

  @Override
  public void data(Http2FrameHeader header, BufferData data) {
    if (!turn.compareAndSet(Turn.HELIDON, Turn.OURS)) {
      return;
    }
    try {
      boolean last = header.flags(Http2FrameTypes.DATA).endOfStream();
      if (call == null) {
        helidon.data(header, data);
        return;
      }
      if (!call.closed()) {
        Status refused = messages.refuse(data);
        if (refused == null) {
          receive(header, data);
        } else {
          close(refused);
        }
      }
      if (last) {
        remoteEnded = true;
        halfClosed();
      }
    } finally {
      done();
    }
  }

  private void receive(Http2FrameHeader header, BufferData data) {
    helidon.data(header, data);
    if (cancelledByHelidon && turn.get() != Turn.GONE) {
      // It could not read a message, and has logged why.
      cancelledByHelidon = false;
      close(Status.INTERNAL.withDescription("the message is malformed"));
    }
  }

  /**
   * Lets Helidon's handler go; runs the method, if the client's half is what it waits for; returns
   * when the call is over.
   */
  private void halfClosed() {
    helidon = null;
    call.inboundEnded();
    if (halfClosePending) {
      halfClosePending = false;
      try {
        listener.onHalfClose();
      } catch (RuntimeException | Error e) {
        failed(e);
      }
    }
    try {
      call.awaitOver();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    if (turn.get() != Turn.GONE) {
      tell(ServerCall.Listener::onComplete);
    }
  }

  private void done() {
    turn.compareAndSet(Turn.OURS, Turn.HELIDON);
  }

  @Override
  public Http2StreamState streamState() {
    if (turn.get() == Turn.GONE) {
      return Http2StreamState.CLOSED;
    }
    if (call == null) {
      return helidon.streamState();
    }
    if (call.closed()) {
      return remoteEnded ? Http2StreamState.CLOSED : Http2StreamState.HALF_CLOSED_LOCAL;
    }
    return remoteEnded ? Http2StreamState.HALF_CLOSED_REMOTE : Http2StreamState.OPEN;
  }

  /** Not used: {@link InboundFrames} tells {@link #clientGone} before Helidon hears of a reset. */
  @Override
  public void rstStream(Http2RstStream rstStream) {}

  @Override
  public void windowUpdate(Http2WindowUpdate update) {}

  // ---- the call
  // -----------------------------------------------------------------------------------------------

  <ReqT, RespT> StreamCall<ReqT, RespT> call(ServerCall<ReqT, RespT> inbound) {
    StreamCall<ReqT, RespT> ours = new StreamCall<>(inbound, output, stream, writer);
    call = ours;
    if (turn.get() == Turn.GONE) {
      ours.clientGone();
    }
    return ours;
  }

  /** What Helidon's handler tells, and what of it goes on to the service. */
  <ReqT> ServerCall.Listener<ReqT> listener(ServerCall.Listener<ReqT> service) {
    listener = service;
    if (turn.get() == Turn.GONE) {
      tell(ServerCall.Listener::onCancel);
    }
    return new SimpleForwardingServerCallListener<>(service) {
      @Override
      public void onMessage(ReqT message) {
        try {
          super.onMessage(message);
        } catch (RuntimeException | Error e) {
          failed(e);
        }
      }

      @Override
      public void onReady() {
        try {
          super.onReady();
        } catch (RuntimeException | Error e) {
          failed(e);
        }
      }

      @Override
      public void onHalfClose() {
        halfClosePending = true;
      }

      @Override
      public void onCancel() {
        cancelledByHelidon = true;
      }

      @Override
      public void onComplete() {}
    };
  }

  /** A handler threw. */
  void failed(Throwable e) {
    if (call.closed() || turn.get() == Turn.GONE) {
      return;
    }
    Status status = Status.fromThrowable(e);
    if (status.getCode() == Status.Code.UNKNOWN) {
      LOGGER.log(
          System.Logger.Level.WARNING,
          "The handler of " + call.getMethodDescriptor().getFullMethodName() + " failed",
          e);
      status = Status.UNKNOWN.withDescription("the handler failed; the server's log says why");
    }
    Metadata trailers = Status.trailersFromThrowable(e);
    call.close(status, trailers == null ? new Metadata() : trailers);
  }

  private void close(Status status) {
    call.close(status, new Metadata());
    tell(ServerCall.Listener::onCancel);
  }

  /** Tells the service how the call ended: once, and never before it listens. */
  private void tell(Consumer<ServerCall.Listener<?>> end) {
    ServerCall.Listener<?> service = listener;
    if (service != null && told.compareAndSet(false, true)) {
      try {
        end.accept(service);
      } catch (RuntimeException e) {
        LOGGER.log(System.Logger.Level.WARNING, "A listener of the end of a call failed", e);
      }
    }
  }

  // ---- the client's end
  // ---------------------------------------------------------------------------------------

  /** The client reset the stream. */
  void clientGone() {
    gone();
  }

  /** The connection is lost, and with it the frame that Helidon may be waiting for. */
  void connectionGone() {
    if (gone() == Turn.HELIDON) {
      thread.interrupt();
    }
  }

  private Turn gone() {
    Turn before = turn.getAndSet(Turn.GONE);
    StreamCall<?, ?> open = call;
    if (before != Turn.GONE && open != null) {
      open.clientGone();
      tell(ServerCall.Listener::onCancel);
    }
    return before;
  }
}
