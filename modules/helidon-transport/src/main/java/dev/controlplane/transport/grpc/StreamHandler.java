package dev.controlplane.transport.grpc;

import dev.controlplane.transport.http2.ConnectionOutput;
import dev.controlplane.transport.http2.OpenStream;
import dev.controlplane.transport.status.GrpcError;
import io.grpc.ServerCall;
import io.helidon.common.buffers.BufferData;
import io.helidon.http.http2.Http2FrameHeader;
import io.helidon.http.http2.Http2FrameTypes;
import io.helidon.http.http2.Http2RstStream;
import io.helidon.http.http2.Http2StreamState;
import io.helidon.http.http2.Http2StreamWriter;
import io.helidon.http.http2.Http2WindowUpdate;
import io.helidon.webserver.http2.spi.Http2SubProtocolSelector.SubProtocolHandler;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Handles one gRPC call on its HTTP/2 stream, from the headers until the call is over.
 *
 * <p>Helidon 4.5.0's handler ({@code GrpcProtocolHandler}) only finds the method and starts the
 * call. Then this class drops it and a {@link StreamCall} takes over. This avoids three defects of
 * Helidon:
 *
 * <ul>
 *   <li>Helidon calls a server-streaming method from inside its handler, whose buffers of 32 KiB
 *       then live as long as the stream.
 *   <li>If a handler ends after its connection was lost, or on another thread, the stream's thread
 *       waits for the client's next frame for ever ({@code Http2ServerStream.handle}, {@code
 *       inboundData.take()}). Here {@link #streamState} returns CLOSED once the call is over, and a
 *       thread that is waiting when the connection is lost is interrupted.
 *   <li>An exception of a handler is logged, and the client gets no answer.
 * </ul>
 *
 * <p>Once the service has opened a {@link LongLivedStream}, the stream's thread ends and Helidon
 * forgets the stream. Only {@link ConnectionOutput} tells this handler about the stream's frames
 * after that.
 */
final class StreamHandler implements SubProtocolHandler, OpenStream.Handler {
  /** The handler whose Helidon part is being started on the current thread. */
  static final ScopedValue<StreamHandler> CURRENT = ScopedValue.newInstance();

  /**
   * Who uses the stream's thread: Helidon, waiting for a frame, or this handler, which keeps it if
   * the call was detached. GONE once the client is gone.
   */
  private enum Turn {
    HELIDON,
    OURS,
    GONE
  }

  private final ConnectionOutput output;
  private final Http2StreamWriter writer;
  private final InboundMessages messages;
  private final Duration timeout;
  private final ResponseCompression compression;
  private final SocketAddress client;
  private final AtomicReference<Turn> turn = new AtomicReference<>(Turn.OURS);

  /** Helidon's handler. Null once it has started the call; kept if there is no such method. */
  private SubProtocolHandler helidon;

  private OpenStream stream;
  private Thread thread;
  private boolean remoteEnded;

  /**
   * Helidon has yet to process a reset of this stream. Until then the stream must not look closed:
   * Helidon would end the stream's thread, fail on the reset with a NullPointerException, and end
   * the whole connection.
   */
  private volatile boolean resetPending;

  private volatile boolean resetHandled;

  /** Null before the call starts, and if there is no such method. */
  private volatile StreamCall<?, ?> call;

  /**
   * @param writer writes the headers
   * @param messages reads what the client sends
   * @param timeout of the call; null for none
   * @param compression compresses what the service sends
   * @param client the client's address
   */
  StreamHandler(
      ConnectionOutput output,
      Http2StreamWriter writer,
      InboundMessages messages,
      Duration timeout,
      ResponseCompression compression,
      SocketAddress client) {
    this.output = output;
    this.writer = writer;
    this.messages = messages;
    this.timeout = timeout;
    this.compression = compression;
    this.client = client;
  }

  /**
   * Takes over a stream. Must be called on the stream's thread.
   *
   * @param handler Helidon's handler, not started
   * @param most streams that the connection may have open; if there are more, this one is refused
   */
  void attach(int streamId, SubProtocolHandler handler, long most) {
    helidon = handler;
    thread = Thread.currentThread();
    stream = output.handover().attach(streamId, this, most);
    if (stream == null) {
      turn.set(Turn.GONE);
    }
  }

  /** The client's address. */
  SocketAddress client() {
    return client;
  }

  @Override
  public void init() {
    if (turn.get() != Turn.GONE) {
      ScopedValue.where(CURRENT, this).run(helidon::init);
      if (call != null) {
        helidon = null;
      }
      turn.compareAndSet(Turn.OURS, Turn.HELIDON);
    }
  }

  /** Creates the call that replaces Helidon's. */
  <ReqT, RespT> StreamCall<ReqT, RespT> call(ServerCall<ReqT, RespT> helidonsCall) {
    StreamCall<ReqT, RespT> ours =
        new StreamCall<>(
            helidonsCall.getMethodDescriptor(),
            helidonsCall.getAttributes(),
            this,
            output,
            stream,
            writer,
            compression);
    call = ours;
    if (helidonsCall.getMethodDescriptor().getType().clientSendsOneMessage()) {
      messages.keepWhole();
    }
    if (timeout != null) {
      ours.expireAfter(timeout);
    }
    if (turn.get() == Turn.GONE) {
      ours.clientGone();
    }
    return ours;
  }

  @Override
  public void data(Http2FrameHeader header, BufferData data) {
    if (!turn.compareAndSet(Turn.HELIDON, Turn.OURS)) {
      resetHandled |= header.flags(Http2FrameTypes.DATA).endOfStream();
      return;
    }
    try {
      if (call == null) {
        helidon.data(header, data);
        return;
      }
      // After the end of the call, the client may go on sending until the end reaches it.
      if (!call.closed()) {
        GrpcError refused = messages.read(data, call::receive);
        if (refused != null) {
          call.refuse(refused);
        }
      }
      if (call.closed()) {
        messages.end();
      }
      if (header.flags(Http2FrameTypes.DATA).endOfStream()) {
        remoteEnded = true;
        if (messages.isWithinMessage() && !call.closed()) {
          call.refuse(InboundMessages.malformed("the request ended in the middle of a message"));
        }
        messages.end();
        call.halfClosed();
      }
    } finally {
      if (call != null && call.detached()) {
        thread = null;
      } else {
        turn.compareAndSet(Turn.OURS, Turn.HELIDON);
      }
    }
  }

  @Override
  public Http2StreamState streamState() {
    if (turn.get() == Turn.GONE) {
      return resetPending && !resetHandled
          ? Http2StreamState.HALF_CLOSED_LOCAL
          : Http2StreamState.CLOSED;
    }
    if (call == null) {
      return helidon.streamState();
    }
    if (call.detached()) {
      return Http2StreamState.CLOSED;
    }
    if (call.closed()) {
      return remoteEnded ? Http2StreamState.CLOSED : Http2StreamState.HALF_CLOSED_LOCAL;
    }
    return remoteEnded ? Http2StreamState.HALF_CLOSED_REMOTE : Http2StreamState.OPEN;
  }

  /** {@code InboundFrames} has called {@link #clientGone} before Helidon sees the reset. */
  @Override
  public void rstStream(Http2RstStream rstStream) {
    resetHandled = true;
  }

  @Override
  public void windowUpdate(Http2WindowUpdate update) {}

  @Override
  public void clientGone(boolean helidonHears) {
    resetPending = helidonHears;
    gone();
  }

  /** The call has ended, even if the client is still sending. */
  void callEnded() {
    messages.end();
  }

  @Override
  public void connectionGone() {
    if (gone() == Turn.HELIDON) {
      thread.interrupt();
    }
  }

  private Turn gone() {
    Turn before = turn.getAndSet(Turn.GONE);
    StreamCall<?, ?> open = call;
    messages.end();
    if (before != Turn.GONE && open != null) {
      open.clientGone();
    }
    return before;
  }
}
