package dev.controlplane.transport;

import dev.controlplane.transport.grpc.GrpcStreams;
import dev.controlplane.transport.grpc.LongLivedStream;
import dev.controlplane.transport.http2.InboundBytes;
import dev.controlplane.transport.http2.StreamBound;
import dev.controlplane.transport.http2.StreamGoneException;
import dev.controlplane.transport.http2.StreamStalledException;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.grpc.GrpcRouting;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/**
 * A real server on a port of its own, with one service: as Helidon 4.5.0 is, or with {@link
 * GrpcStreams}. Its handlers are as a careful engineer writes them for either.
 *
 * <ul>
 *   <li>{@code Echo}: answers with the request.
 *   <li>{@code Count}: answers with nothing.
 *   <li>{@code Chat}: answers each message with itself.
 *   <li>{@code Later}: returns at once; another thread answers, by {@link #later}.
 *   <li>{@code Throw}: fails.
 *   <li>{@code Subscribe}: sends what {@link #broadcast} is given until the client leaves.
 *   <li>{@code Flood}: the request is "count size"; sends so many messages of that size, at once.
 * </ul>
 */
public final class Lab implements AutoCloseable {
  public static final MethodDescriptor<byte[], byte[]> ECHO =
      Bytes.method(MethodDescriptor.MethodType.UNARY, "lab.Lab/Echo");
  static final MethodDescriptor<byte[], byte[]> COUNT =
      Bytes.method(MethodDescriptor.MethodType.UNARY, "lab.Lab/Count");
  static final MethodDescriptor<byte[], byte[]> CHAT =
      Bytes.method(MethodDescriptor.MethodType.BIDI_STREAMING, "lab.Lab/Chat");
  static final MethodDescriptor<byte[], byte[]> LATER =
      Bytes.method(MethodDescriptor.MethodType.SERVER_STREAMING, "lab.Lab/Later");
  static final MethodDescriptor<byte[], byte[]> THROW =
      Bytes.method(MethodDescriptor.MethodType.UNARY, "lab.Lab/Throw");
  static final MethodDescriptor<byte[], byte[]> SUBSCRIBE =
      Bytes.method(MethodDescriptor.MethodType.SERVER_STREAMING, "lab.Lab/Subscribe");
  static final MethodDescriptor<byte[], byte[]> FLOOD =
      Bytes.method(MethodDescriptor.MethodType.SERVER_STREAMING, "lab.Lab/Flood");

  /** The message that ends a handler. */
  private static final byte[] POISON = {};

  /** Those whose handler runs. */
  public final Set<Subscription> subscriptions = ConcurrentHashMap.newKeySet();

  /** The open calls of {@code Later}. */
  final BlockingQueue<StreamObserver<byte[]>> later = new LinkedBlockingQueue<>();

  /** How handlers ended that did not end by a poison pill. */
  final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();

  private final boolean guarded;
  private final WebServer server;
  private final InboundBytes inbound;
  private volatile boolean goingDown;

  /** One open {@code Subscribe} or {@code Flood}. */
  static final class Subscription {
    final BlockingQueue<byte[]> queue = new LinkedBlockingQueue<>();
    volatile Thread thread = Thread.currentThread();
  }

  private interface Sender {
    void send(byte[] message);
  }

  private interface Source {
    void run(Subscription subscription, Sender sender) throws InterruptedException;
  }

  private Lab(
      GrpcStreams.Settings settings,
      StreamBound calls,
      Consumer<ListenerConfig.BuilderBase<?, ?>> more) {
    guarded = settings != null;
    var builder = WebServer.builder().host("127.0.0.1").port(0).shutdownHook(false);
    GrpcRouting.Builder routing = GrpcRouting.builder().service(service());
    if (guarded) {
      inbound = GrpcStreams.configure(builder, settings, routing, calls);
    } else {
      inbound = null;
      builder.addRouting(routing);
    }
    more.accept(builder);
    server = builder.build().start();
  }

  /** Helidon as it is. */
  public static Lab plain() {
    return plain(listener -> {});
  }

  /** Helidon as it is, with settings of its own. */
  static Lab plain(Consumer<ListenerConfig.BuilderBase<?, ?>> more) {
    return new Lab(null, null, more);
  }

  public static Lab guarded() {
    return guarded(GrpcStreams.Settings.defaults());
  }

  public static Lab guarded(GrpcStreams.Settings settings) {
    return guarded(settings, listener -> {});
  }

  static Lab guarded(
      GrpcStreams.Settings settings, Consumer<ListenerConfig.BuilderBase<?, ?>> more) {
    return new Lab(settings, StreamBound.none(), more);
  }

  static Lab guarded(GrpcStreams.Settings settings, StreamBound calls) {
    return new Lab(settings, calls, listener -> {});
  }

  public int port() {
    return server.port();
  }

  /** Null on a plain server. */
  public InboundBytes inbound() {
    return inbound;
  }

  WebServer server() {
    return server;
  }

  public void awaitSubscriptions(int count) {
    Await.until(
        count + " handlers, not " + subscriptions.size(),
        Duration.ofSeconds(10),
        () -> subscriptions.size() == count);
  }

  void broadcast(byte[] message) {
    subscriptions.forEach(subscription -> subscription.queue.add(message));
  }

  public void broadcast(String message) {
    broadcast(message.getBytes(StandardCharsets.UTF_8));
  }

  /** Ends every stream with UNAVAILABLE. */
  void goDown() {
    goingDown = true;
    poison();
  }

  /** Ends every handler. */
  void poison() {
    subscriptions.forEach(subscription -> subscription.queue.add(POISON));
  }

  @Override
  public void close() {
    poison();
    server.stop();
  }

  private BindableService service() {
    return () ->
        ServerServiceDefinition.builder("lab.Lab")
            .addMethod(
                ECHO,
                ServerCalls.asyncUnaryCall(
                    (request, out) -> {
                      out.onNext(request);
                      out.onCompleted();
                    }))
            .addMethod(
                COUNT,
                ServerCalls.asyncUnaryCall(
                    (_, out) -> {
                      out.onNext(new byte[0]);
                      out.onCompleted();
                    }))
            .addMethod(CHAT, ServerCalls.asyncBidiStreamingCall(Lab::chat))
            .addMethod(
                LATER,
                ServerCalls.asyncServerStreamingCall(
                    (_, out) -> {
                      ((ServerCallStreamObserver<byte[]>) out).setOnCancelHandler(() -> {});
                      later.add(out);
                    }))
            .addMethod(
                THROW,
                ServerCalls.asyncUnaryCall(
                    (_, _) -> {
                      throw new IllegalStateException("the test throws");
                    }))
            .addMethod(
                SUBSCRIBE,
                ServerCalls.asyncServerStreamingCall((request, out) -> serve(out, this::subscribe)))
            .addMethod(
                FLOOD,
                ServerCalls.asyncServerStreamingCall(
                    (request, out) -> {
                      String[] words = new String(request, StandardCharsets.UTF_8).split(" ", 2);
                      byte[] message = new byte[Integer.parseInt(words[1])];
                      serve(
                          out,
                          (subscription, sender) -> {
                            for (int i = 0; i < Integer.parseInt(words[0]); i++) {
                              sender.send(message);
                            }
                          });
                    }))
            .build();
  }

  private static StreamObserver<byte[]> chat(StreamObserver<byte[]> out) {
    return new StreamObserver<>() {
      @Override
      public void onNext(byte[] message) {
        out.onNext(message);
      }

      @Override
      public void onError(Throwable t) {}

      @Override
      public void onCompleted() {
        out.onCompleted();
      }
    };
  }

  private void subscribe(Subscription subscription, Sender sender) throws InterruptedException {
    while (true) {
      byte[] message;
      try {
        message = subscription.queue.take();
      } catch (InterruptedException e) {
        // A test interrupts senders; this handler goes on.
        continue;
      }
      if (message.length == 0) {
        return;
      }
      sender.send(message);
    }
  }

  private void serve(StreamObserver<byte[]> out, Source source) {
    Subscription subscription = new Subscription();
    if (guarded) {
      serveGuarded(out, subscription, source);
    } else {
      servePlain(out, subscription, source);
    }
  }

  private void serveGuarded(StreamObserver<byte[]> out, Subscription subscription, Source source) {
    LongLivedStream<byte[]> stream;
    try {
      stream = LongLivedStream.open(out, () -> subscription.queue.add(POISON));
    } catch (StreamGoneException e) {
      failures.add(e);
      return;
    }
    Thread.ofVirtual().start(() -> serveGuarded(stream, subscription, source));
  }

  private void serveGuarded(
      LongLivedStream<byte[]> stream, Subscription subscription, Source source) {
    try (stream) {
      subscription.thread = Thread.currentThread();
      subscriptions.add(subscription);
      stream.sendHeaders();
      source.run(subscription, stream::send);
      stream.end(goingDown ? Status.UNAVAILABLE.withDescription("going down") : Status.OK);
    } catch (StreamStalledException e) {
      failures.add(e);
      stream.end(e);
    } catch (StreamGoneException e) {
      failures.add(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      subscriptions.remove(subscription);
    }
  }

  private void servePlain(StreamObserver<byte[]> out, Subscription subscription, Source source) {
    ((ServerCallStreamObserver<byte[]>) out)
        .setOnCancelHandler(() -> subscription.queue.add(POISON));
    subscriptions.add(subscription);
    try {
      source.run(subscription, out::onNext);
      if (!((ServerCallStreamObserver<byte[]>) out).isCancelled()) {
        out.onCompleted();
      }
    } catch (RuntimeException e) {
      failures.add(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      subscriptions.remove(subscription);
    }
  }
}
