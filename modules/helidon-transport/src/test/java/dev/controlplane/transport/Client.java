package dev.controlplane.transport;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** grpc-java's Netty client. */
public final class Client implements AutoCloseable {
  public final ManagedChannel channel;

  private Client(ManagedChannel channel) {
    this.channel = channel;
  }

  public static Client to(int port) {
    return to(port, builder -> {});
  }

  static Client to(int port, Consumer<NettyChannelBuilder> more) {
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .usePlaintext()
            .directExecutor()
            .maxInboundMessageSize(64 << 20);
    more.accept(builder);
    return new Client(builder.build());
  }

  public byte[] echo(byte[] message) {
    return ClientCalls.blockingUnaryCall(
        channel, Lab.ECHO, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS), message);
  }

  public Call subscribe() {
    return new Call(Lab.SUBSCRIBE, "").read(Integer.MAX_VALUE);
  }

  Call flood(int count, int size) {
    return new Call(Lab.FLOOD, count + " " + size);
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }

  /** One server-streaming call. */
  public final class Call {
    final CompletableFuture<Metadata> headers = new CompletableFuture<>();
    final CompletableFuture<Status> status = new CompletableFuture<>();
    final BlockingQueue<byte[]> messages = new LinkedBlockingQueue<>();
    private final ClientCall<byte[], byte[]> call;

    private Call(MethodDescriptor<byte[], byte[]> method, String request) {
      call = channel.newCall(method, CallOptions.DEFAULT);
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onHeaders(Metadata metadata) {
              headers.complete(metadata);
            }

            @Override
            public void onMessage(byte[] message) {
              messages.add(message);
            }

            @Override
            public void onClose(Status end, Metadata trailers) {
              status.complete(end);
            }
          },
          new Metadata());
      call.sendMessage(request.getBytes(StandardCharsets.UTF_8));
      call.halfClose();
    }

    /** Asks for more messages. */
    Call read(int count) {
      call.request(count);
      return this;
    }

    void cancel() {
      call.cancel("the test cancels", null);
    }

    public byte[] next() throws InterruptedException {
      byte[] message = messages.poll(10, TimeUnit.SECONDS);
      if (message == null) {
        throw new AssertionError("no message within 10 s; the call: " + status);
      }
      return message;
    }

    /** How the call ended, or OK with the words "still open" after this time. */
    Status end(Duration limit) {
      try {
        return status.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      } catch (java.util.concurrent.TimeoutException e) {
        return Status.OK.withDescription("still open");
      } catch (InterruptedException | java.util.concurrent.ExecutionException e) {
        throw new AssertionError(e);
      }
    }

    boolean open() {
      return !status.isDone();
    }
  }
}
