package dev.controlplane.transport.grpc;

import dev.controlplane.transport.http2.StreamGoneException;
import dev.controlplane.transport.http2.StreamStalledException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.net.SocketAddress;

/**
 * One open server stream, as its handler sees it.
 *
 * <p>Use: the gRPC method calls {@link #open} on its own thread, before it registers where its
 * messages come from, and returns. From then on, the handler sends messages and ends the stream
 * from virtual threads of its own, one at a time.
 *
 * <p>Why not on Helidon's thread: a waiting thread keeps its whole stack. Helidon's has twenty
 * frames of Helidon and gRPC below the method, and keeps what Helidon holds of the request alive.
 * Together that is more than a third of an idle stream's memory.
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
   * Opens the stream of the call that the current thread handles. The client must have sent its
   * whole request. After this call the handler alone decides how the call is answered, including
   * errors: the method's return and its exceptions are ignored.
   *
   * @param onGone runs at most once, on any thread, when the client cancelled, disconnected or
   *     died; it must not block. It should wake the handler through its queue, not interrupt it.
   * @throws StreamGoneException if the client is gone already; {@code onGone} then never runs
   * @throws IllegalStateException if the listener was not configured by {@link
   *     GrpcStreams#configure}, or the current thread handles no call
   */
  public static <T> LongLivedStream<T> open(StreamObserver<T> out, Runnable onGone) {
    StreamCall<?, ?> call = StreamCall.CURRENT.get();
    if (call == null) {
      throw new IllegalStateException(
          "no call on this thread; set the listener up with GrpcStreams.configure and open the"
              + " stream in the handler");
    }
    if (out instanceof ServerCallStreamObserver<T> observer) {
      // Without a cancel handler, the observer throws its own exception once the client is gone.
      observer.setOnCancelHandler(() -> {});
    }
    if (!call.departure().listen(onGone)) {
      throw new StreamGoneException("the client has left already");
    }
    call.detach();
    return new LongLivedStream<>(out, call);
  }

  /**
   * Starts the thread that serves the stream. Profiles show this method as what has created it, as
   * they show the transport in a Go program.
   *
   * @param starter starts a thread with a name, and records who calls it
   */
  public void serve(Starter starter, String name, Runnable handler) {
    starter.start(name, handler);
  }

  /** Starts threads. */
  @FunctionalInterface
  public interface Starter {
    /** Starts a thread that does the work, and returns it. */
    Thread start(String name, Runnable work);
  }

  /**
   * Sends the response headers now instead of with the first message. A second call does nothing.
   */
  public void sendHeaders() {
    call.sendHeadersEarly();
  }

  /**
   * Sends a message. Blocks while the client's flow-control window is used up.
   *
   * @throws StreamGoneException if the client is gone; the handler should return
   * @throws StreamStalledException if the client accepted no data for the stall limit; pass it to
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

  /** Ends the stream with a status. Does nothing if it has ended or the client is gone. */
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

  /** Ends the stream with an error. Does nothing if it has ended or the client is gone. */
  public void end(StatusRuntimeException error) {
    if (!call.closed() && !call.isCancelled()) {
      out.onError(error);
    }
  }

  /** Unregisters {@code onGone}. Does not end the stream. */
  @Override
  public void close() {
    call.departure().forget();
  }
}
