package dev.controlplane.transport.grpc;

import dev.controlplane.transport.http2.StreamGoneException;
import dev.controlplane.transport.http2.StreamStalledException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.net.SocketAddress;

/**
 * One open server stream, as its handler sees it. The method opens it, on the thread that gRPC
 * calls it on, before it registers where its messages come from, and returns. A virtual thread of
 * the handler's own, one at a time, sends and ends it.
 *
 * <p>Why not Helidon's thread: for as long as a stream waits it keeps its thread's stack. That of
 * Helidon's has twenty frames of Helidon and gRPC below the method, and what it holds of the
 * request lives as long: together more than a third of an idle stream's memory.
 *
 * @param <T> the message
 */
public final class LongLivedStream<T> implements AutoCloseable {
  private final StreamObserver<T> out;
  private final StreamCall<?, ?> call;

  private LongLivedStream(StreamObserver<T> out, StreamCall<?, ?> call) {
    this.out = out;
    this.call = call;
  }

  /**
   * Opens the stream of the call that this thread handles, whose client has sent all it will. What
   * the call is answered from now on, with errors too, is the caller's: the method's return and its
   * exceptions say nothing any more.
   *
   * @param onGone runs at most once, on any thread, and must not block: the client cancelled, left
   *     or died, or its connection is gone. Offer a poison pill; never interrupt.
   * @throws StreamGoneException if the client is gone already; {@code onGone} then never runs
   * @throws IllegalStateException if the listener was not set up by {@link GrpcStreams#configure},
   *     or this is not the thread of a call
   */
  public static <T> LongLivedStream<T> open(StreamObserver<T> out, Runnable onGone) {
    StreamCall<?, ?> call = StreamCall.CURRENT.get();
    if (call == null) {
      throw new IllegalStateException(
          "no call on this thread; set the listener up with GrpcStreams.configure and open the"
              + " stream in the handler");
    }
    if (out instanceof ServerCallStreamObserver<T> observer) {
      // Without a handler the observer throws an exception of its own once the client is gone.
      observer.setOnCancelHandler(() -> {});
    }
    if (!call.departure().listen(onGone)) {
      throw new StreamGoneException("the client has left already");
    }
    call.detach();
    return new LongLivedStream<>(out, call);
  }

  /**
   * Sends the response headers at once, instead of with the first message; a second call does
   * nothing.
   */
  public void sendHeaders() {
    call.sendHeadersEarly();
  }

  /**
   * Sends a message; waits for as long as the client's flow control asks for it.
   *
   * @throws StreamGoneException if the client is gone; end the handler
   * @throws StreamStalledException if the client took nothing for the stall limit; pass it to
   *     {@link #end(StatusRuntimeException)}
   */
  public void send(T message) {
    out.onNext(message);
  }

  /** The client's address. */
  public SocketAddress client() {
    return call.client();
  }

  /** Whether the client is gone. */
  public boolean gone() {
    return call.isCancelled();
  }

  /** Ends the stream with a status; does nothing if it has ended or the client is gone. */
  public void end(Status status) {
    if (call.closed() || call.isCancelled()) {
      return;
    }
    if (status.isOk()) {
      out.onCompleted();
    } else {
      out.onError(status.asRuntimeException());
    }
  }

  /** Ends the stream with an error; does nothing if it has ended or the client is gone. */
  public void end(StatusRuntimeException error) {
    if (!call.closed() && !call.isCancelled()) {
      out.onError(error);
    }
  }

  /** From now on {@code onGone} does not run. Does not end the stream. */
  @Override
  public void close() {
    call.departure().forget();
  }
}
