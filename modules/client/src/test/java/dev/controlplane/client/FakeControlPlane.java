package dev.controlplane.client;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import dev.controlplane.client.http.UrlPath;
import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.StatusReport;
import dev.controlplane.proto.StatusSummary;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A control plane in memory, which keeps the protocol and can be taken away at any moment. */
public final class FakeControlPlane implements AutoCloseable {
  private record Open(SubscribeRequest request, StreamObserver<WorkerUpdate> observer) {}

  private record Latest(String version, WorkerUpdate by) {}

  private final List<WorkerUpdate> log = new ArrayList<>();
  private final Map<String, Map<String, byte[]>> versions = new TreeMap<>();
  private final Map<String, Latest> latest = new TreeMap<>();
  private final List<Open> streams = new ArrayList<>();
  private final List<SubscribeRequest> requests = new CopyOnWriteArrayList<>();
  private final List<StatusReport> reports = new CopyOnWriteArrayList<>();
  private final FakeServer http = new FakeServer(this::serve);
  private final int inlineLimit;
  private String logId = "first";
  private volatile boolean bytesServed = true;
  private volatile int cutAt = -1;
  private volatile String unknownWorker = "";
  private volatile int proxyAnswer;
  private Server server;
  private int port;

  /** Starts it; versions of more bytes than the limit have to be fetched. */
  public FakeControlPlane(int inlineLimit) throws IOException {
    this.inlineLimit = inlineLimit;
    start();
  }

  /** Where it is. */
  public Endpoints endpoints() {
    var url = Endpoints.httpUrl(http.url());
    return new Endpoints(url, url, new GrpcAddress("127.0.0.1", port, false), url);
  }

  /** Listens again, where it did before. */
  public synchronized void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .addService(new Service())
            .build()
            .start();
    port = server.getPort();
  }

  /** Ends all streams and listens no more. */
  public void stop() throws InterruptedException {
    Server running;
    synchronized (this) {
      running = server;
      streams.clear();
    }
    running.shutdownNow().awaitTermination();
  }

  /** Whether versions can be fetched. */
  public void serveBytes(boolean served) {
    bytesServed = served;
  }

  /** Sends so many bytes of the next download, then none of any until {@link #serveBytes}. */
  public void cutNextDownloadAt(int bytes) {
    cutAt = bytes;
  }

  /** Has a proxy before the consumer-server answer with this status; 0: it has a route. */
  public void proxyAnswers(int status) {
    proxyAnswer = status;
  }

  /** Refuses reports of this worker. */
  public void refuseReportsOf(String worker) {
    unknownWorker = worker;
  }

  /** Whoever was somewhere in the log is nowhere now. */
  public synchronized void replaceLog() {
    logId = logId + "'";
  }

  /** What subscribers asked for. */
  public List<SubscribeRequest> requests() {
    return requests;
  }

  /** What was fetched. */
  public List<String> fetched() {
    return http.requests();
  }

  /** Worker, version, revision, state and code of each report so far. */
  public List<String> reports() {
    return reports.stream()
        .map(
            report ->
                "%s %s %d %s %s"
                    .formatted(
                        report.getWorkerName(),
                        report.getVersion(),
                        report.getRevision(),
                        report.getState(),
                        report.getCode())
                    .strip())
        .toList();
  }

  /** The message of each report so far. */
  public List<String> messages() {
    return reports.stream().map(StatusReport::getMessage).toList();
  }

  public synchronized void publish(String worker, String version, byte[] bytes) {
    versions.computeIfAbsent(worker, name -> new LinkedHashMap<>()).put(version, bytes);
    commit(UpdateKind.PUBLISHED, worker, version, bytes, "");
  }

  public synchronized void rollBack(String worker, String version) {
    commit(UpdateKind.ROLLED_BACK, worker, version, versions.get(worker).get(version), "");
  }

  public synchronized void delete(String worker, String version) {
    byte[] bytes = versions.get(worker).remove(version);
    String next = "";
    if (latest.get(worker).version().equals(version)) {
      next = List.copyOf(versions.get(worker).keySet()).reversed().stream().findFirst().orElse("");
      if (next.isEmpty()) {
        latest.remove(worker);
      }
    }
    commit(UpdateKind.DELETED, worker, version, bytes, next);
  }

  /** The latest version; null where the worker is gone. */
  public synchronized String latest(String worker) {
    Latest now = latest.get(worker);
    return now == null ? null : now.version();
  }

  /** Forgets a worker without telling anybody. */
  public synchronized void forget(String worker) {
    versions.remove(worker);
    latest.remove(worker);
  }

  private void commit(
      UpdateKind kind, String worker, String version, byte[] bytes, String newLatest) {
    WorkerUpdate update =
        item(kind, worker, version, bytes, log.size() + 1).toBuilder()
            .setMessage(newLatest)
            .build();
    log.add(update);
    if (kind != UpdateKind.DELETED) {
      latest.put(worker, new Latest(version, update));
    } else if (!newLatest.isEmpty()) {
      byte[] next = versions.get(worker).get(newLatest);
      latest.put(
          worker,
          new Latest(newLatest, item(UpdateKind.ROLLED_BACK, worker, newLatest, next, log.size())));
    }
    for (Open stream : List.copyOf(streams)) {
      send(stream, update);
    }
  }

  private WorkerUpdate item(
      UpdateKind kind, String worker, String version, byte[] bytes, long revision) {
    boolean inline = kind != UpdateKind.DELETED && bytes.length <= inlineLimit;
    return WorkerUpdate.newBuilder()
        .setKind(kind)
        .setWorkerName(worker)
        .setVersion(version)
        .setChecksum(Fixtures.sha256(bytes))
        .setSize(bytes.length)
        .setWorkerCode(inline ? ByteString.copyFrom(bytes) : ByteString.EMPTY)
        .setFilePath(UrlPath.of("file", worker, "version", version))
        .setRevision(revision)
        .build();
  }

  private void send(Open stream, WorkerUpdate update) {
    List<String> wanted = stream.request().getWorkerNamesList();
    if (update.getWorkerName().isEmpty()
        || wanted.isEmpty()
        || wanted.contains(update.getWorkerName())) {
      String token =
          update.getResumeToken().isEmpty()
              ? logId + ":" + update.getRevision()
              : update.getResumeToken();
      stream.observer().onNext(update.toBuilder().setResumeToken(token).build());
    }
  }

  private void control(Open stream, UpdateKind kind, String token) {
    send(
        stream,
        WorkerUpdate.newBuilder()
            .setKind(kind)
            .setRevision(log.size())
            .setResumeToken(token)
            .setMessage(kind == UpdateKind.RESYNC ? "another log" : "")
            .setLog(kind == UpdateKind.SYNCED ? logId : "")
            .build());
  }

  private void snapshot(Open stream) {
    Map<String, String> held = stream.request().getHeldMap();
    String inside = "inside " + logId;
    latest.forEach(
        (worker, now) -> {
          if (!now.by().getChecksum().equals(held.get(worker))) {
            send(stream, now.by().toBuilder().setResumeToken(inside).build());
          }
        });
    held.forEach(
        (worker, _) -> {
          if (!latest.containsKey(worker)) {
            send(
                stream,
                WorkerUpdate.newBuilder()
                    .setKind(UpdateKind.DELETED)
                    .setWorkerName(worker)
                    .setRevision(log.size())
                    .setResumeToken(inside)
                    .build());
          }
        });
    control(stream, UpdateKind.SYNCED, logId + ":" + log.size());
  }

  private synchronized void subscribe(
      SubscribeRequest request, StreamObserver<WorkerUpdate> observer) {
    requests.add(request);
    Open stream = new Open(request, observer);
    ((ServerCallStreamObserver<WorkerUpdate>) observer).setOnCancelHandler(() -> left(stream));
    String token = request.getResumeToken();
    if (token.startsWith(logId + ":")) {
      int after = Integer.parseInt(token.substring(logId.length() + 1));
      List.copyOf(log.subList(after, log.size())).forEach(update -> send(stream, update));
      control(stream, UpdateKind.BOOKMARK, logId + ":" + log.size());
    } else {
      if (!token.isEmpty()) {
        control(stream, UpdateKind.RESYNC, "inside " + logId);
      }
      snapshot(stream);
    }
    streams.add(stream);
  }

  private synchronized void left(Open stream) {
    streams.remove(stream);
  }

  private final class Service extends ControlPlaneGrpc.ControlPlaneImplBase {
    @Override
    public void subscribeWorkerUpdates(
        SubscribeRequest request, StreamObserver<WorkerUpdate> observer) {
      subscribe(request, observer);
    }

    @Override
    public StreamObserver<StatusReport> reportStatus(StreamObserver<StatusSummary> answer) {
      return new StreamObserver<>() {
        private int accepted;
        private boolean ended;

        @Override
        public void onNext(StatusReport report) {
          if (ended) {
            return;
          }
          if (report.getWorkerName().equals(unknownWorker)) {
            ended = true;
            answer.onError(Status.INVALID_ARGUMENT.asException());
            return;
          }
          accepted++;
          reports.add(report);
        }

        @Override
        public void onError(Throwable failure) {
          ended = true;
        }

        @Override
        public void onCompleted() {
          if (!ended) {
            answer.onNext(StatusSummary.newBuilder().setAccepted(accepted).build());
            answer.onCompleted();
          }
        }
      };
    }
  }

  private void serve(HttpExchange exchange) throws IOException {
    String[] path = exchange.getRequestURI().getRawPath().split("/", -1);
    byte[] bytes;
    synchronized (this) {
      bytes =
          versions
              .getOrDefault(decoded(path[2]), Map.of())
              .get(path.length > 4 ? decoded(path[4]) : "");
    }
    if (proxyAnswer != 0) {
      FakeServer.json(exchange, proxyAnswer, "{\"message\":\"no route matched\"}");
    } else if (!bytesServed) {
      FakeServer.json(exchange, 503, "{\"error\":\"unavailable\",\"message\":\"not now\"}");
    } else if (bytes == null) {
      FakeServer.json(exchange, 404, "{\"error\":\"not_found\",\"message\":\"no such version\"}");
    } else if (cutAt >= 0) {
      bytesServed = false;
      int sent = cutAt;
      cutAt = -1;
      FakeServer.bytes(exchange, bytes, Fixtures.sha256(bytes), sent);
    } else {
      FakeServer.bytes(exchange, bytes, Fixtures.sha256(bytes), bytes.length);
    }
  }

  private static String decoded(String segment) {
    return URLDecoder.decode(segment, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    try {
      stop();
      http.close();
    } catch (InterruptedException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }
}
