package dev.controlplane.grpc;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.controlplane.grpc.log.EncodedMessage;
import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/**
 * The same program on another transport: grpc-java's Netty server with a virtual thread a stream,
 * which waits on a bounded queue for updates that are encoded once. {@code netty-peer GRPC_PORT
 * HTTP_PORT DIRECTORY}; uploads are files, fsynced before they are broadcast, without a catalog or
 * a log, so a consumer that is too slow loses updates.
 */
public final class NettyPeer {
  private static final int QUEUE_SIZE = 256;

  /** What no update is. */
  private static final EncodedMessage GONE = new EncodedMessage(new byte[0], false);

  private final Set<BlockingQueue<EncodedMessage>> queues = ConcurrentHashMap.newKeySet();
  private final Path directory;
  private long revision;

  private NettyPeer(Path directory) {
    this.directory = directory;
  }

  /** Serves until the process is ended; prints "ready". */
  public static void main(String[] args) throws Exception {
    NettyPeer peer = new NettyPeer(Files.createDirectories(Path.of(args[2])));
    Server grpc =
        NettyServerBuilder.forAddress(loopback(args[0]))
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .addService(peer.service())
            .build()
            .start();
    HttpServer http = HttpServer.create(loopback(args[1]), 0);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/workers/", peer::put);
    http.start();
    System.out.println("ready");
    grpc.awaitTermination();
  }

  private static InetSocketAddress loopback(String port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port));
  }

  private ServerServiceDefinition service() {
    MethodDescriptor<SubscribeRequest, EncodedMessage> subscribe =
        ControlPlaneGrpc.getSubscribeWorkerUpdatesMethod().toBuilder(
                ControlPlaneGrpc.getSubscribeWorkerUpdatesMethod().getRequestMarshaller(),
                new EncodedMessages())
            .build();
    ServiceDescriptor descriptor =
        ServiceDescriptor.newBuilder(ControlPlaneGrpc.SERVICE_NAME).addMethod(subscribe).build();
    return ServerServiceDefinition.builder(descriptor)
        .addMethod(subscribe, (call, headers) -> listen(call))
        .build();
  }

  private ServerCall.Listener<SubscribeRequest> listen(
      ServerCall<SubscribeRequest, EncodedMessage> call) {
    call.request(1);
    return new ServerCall.Listener<>() {
      @Override
      public void onHalfClose() {
        try {
          push(call);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    };
  }

  private void push(ServerCall<SubscribeRequest, EncodedMessage> call) throws InterruptedException {
    BlockingQueue<EncodedMessage> queue = new ArrayBlockingQueue<>(QUEUE_SIZE);
    // The listener's own onCancel waits for this method to return.
    Context.current()
        .addListener(
            context -> {
              queue.clear();
              queue.add(GONE);
            },
            Runnable::run);
    queues.add(queue);
    try {
      call.sendHeaders(new Metadata());
      for (EncodedMessage message = queue.take(); message != GONE; message = queue.take()) {
        call.sendMessage(message);
      }
      call.close(Status.CANCELLED, new Metadata());
    } finally {
      queues.remove(queue);
    }
  }

  /** {@code PUT /workers/{name}/versions/{version}}. */
  private void put(HttpExchange exchange) throws IOException {
    try (exchange) {
      String[] path = exchange.getRequestURI().getPath().split("/", -1);
      byte[] code = exchange.getRequestBody().readAllBytes();
      store(path[2] + "-" + path[4], code);
      byte[] answer =
          ("{\"revision\":" + broadcast(path[2], path[4], code) + "}")
              .getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  private void store(String name, byte[] code) throws IOException {
    Path part = Files.createTempFile(directory, "part-", "");
    try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(code));
      channel.force(true);
    }
    Files.move(part, directory.resolve(name));
    try (FileChannel shelf = FileChannel.open(directory)) {
      shelf.force(true);
    }
  }

  private synchronized long broadcast(String worker, String version, byte[] code) {
    byte[] message =
        WorkerUpdate.newBuilder()
            .setWorkerName(worker)
            .setVersion(version)
            .setChecksum(sha256(code))
            .setWorkerCode(ByteString.copyFrom(code))
            .setSize(code.length)
            .setFilePath("/file/" + worker + "/version/" + version)
            .setTimestamp(Instant.now().getEpochSecond())
            .setRevision(++revision)
            .setKind(UpdateKind.PUBLISHED)
            .build()
            .toByteArray();
    EncodedMessage encoded = new EncodedMessage(message, false);
    queues.forEach(queue -> queue.offer(encoded));
    return revision;
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
