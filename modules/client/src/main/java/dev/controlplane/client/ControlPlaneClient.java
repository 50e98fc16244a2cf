package dev.controlplane.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * The control plane, as a caller sees it. Safe for use by many threads; each call blocks its own.
 *
 * <p>Calls throw {@link RefusedException} where the server says no, {@link UnreachableException}
 * where it can't be reached or breaks off, {@link DamagedException} where bytes do not have their
 * digest, {@link UnexpectedAnswerException} where something else answers, {@link
 * InvalidNameException} for a name that can't be one, and another {@link IOException} where a local
 * file can't be read or written.
 */
public final class ControlPlaneClient implements AutoCloseable {
  /** Bodies of more than this are sent only after the server has agreed to take them. */
  private static final long ASK_FIRST = 64 * 1024;

  private final Endpoints endpoints;
  private final RetryPolicy retry;
  private final Http http = new Http();

  /** A client of these servers; connections are made when they are needed. */
  public ControlPlaneClient(Endpoints endpoints) {
    this(endpoints, RetryPolicy.DEFAULT);
  }

  /** A client of these servers that tries again as told. */
  public ControlPlaneClient(Endpoints endpoints, RetryPolicy retry) {
    this.endpoints = endpoints;
    this.retry = retry;
  }

  /**
   * Publishes a file as a version, and checks that the server has stored what was read. Sending the
   * same bytes again changes nothing and succeeds; other bytes are refused with {@link
   * RefusedException.Reason#CONFLICT}.
   *
   * @param file read once, streamed
   */
  public Published upload(String worker, String version, Path file, Progress progress)
      throws IOException, InterruptedException {
    if (Files.isRegularFile(file)) {
      return upload(worker, version, BodyPublishers.ofFile(file), progress);
    }
    // A pipe or a device: its length is not known, whatever the file system says.
    try (InputStream stream = Files.newInputStream(file)) {
      return upload(worker, version, stream, progress);
    }
  }

  /** The same from a stream whose length is not known; it is read to its end and left open. */
  public Published upload(String worker, String version, InputStream stream, Progress progress)
      throws IOException, InterruptedException {
    return upload(worker, version, BodyPublishers.ofInputStream(() -> stream), progress);
  }

  private Published upload(String worker, String version, BodyPublisher source, Progress progress)
      throws IOException, InterruptedException {
    HashingBody body = new HashingBody(source, progress);
    boolean askFirst = body.contentLength() < 0 || body.contentLength() > ASK_FIRST;
    HttpRequest request =
        HttpRequest.newBuilder(version(worker, version)).expectContinue(askFirst).PUT(body).build();
    Answer answer = new Answer(Server.UPLOAD, http.json(Server.UPLOAD, request, body::sent));
    VersionInfo info = answer.object("metadata").versionInfo();
    String sent = body.checksum();
    if (!info.checksum().equals(sent)) {
      throw new DamagedException(
          Server.UPLOAD, "the server has stored other bytes than were sent", sent, info.checksum());
    }
    return new Published(
        info, answer.flag("created"), answer.number("revision"), answer.text("message", ""));
  }

  /** Makes an earlier version the latest again; of what is latest already, nothing changes. */
  public Change rollback(String worker, String version) throws IOException, InterruptedException {
    Names.checked("the version's name", version);
    URI uri = uri(endpoints.upload(), UrlPath.of("workers", worker(worker), "latest"));
    String body = JsonNodeFactory.instance.objectNode().put("version", version).toString();
    return change(
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(body, StandardCharsets.UTF_8)));
  }

  /** Deletes a version; its number stays used until the log forgets the deletion. */
  public Change delete(String worker, String version) throws IOException, InterruptedException {
    return change(HttpRequest.newBuilder(version(worker, version)).DELETE());
  }

  private Change change(HttpRequest.Builder request)
      throws ControlPlaneException, InterruptedException {
    Answer answer = new Answer(Server.UPLOAD, http.json(Server.UPLOAD, request.build()));
    return new Change(
        answer.flag("changed", true), answer.number("revision"), answer.text("message", ""));
  }

  /** What is known of a worker's latest version. */
  public VersionInfo info(String worker) throws IOException, InterruptedException {
    URI uri = uri(endpoints.consumer(), UrlPath.of("file", worker(worker), "info"));
    return get(Server.CONSUMER, uri).versionInfo();
  }

  /**
   * A worker's versions, newest first.
   *
   * @param limit how many at most, 1 to 1000
   * @param after {@link Page#next} of the page before; null for the first
   */
  public WorkerVersions versions(String worker, int limit, String after)
      throws IOException, InterruptedException {
    String path = UrlPath.of("file", worker(worker), "versions") + query(limit, after);
    Answer answer = get(Server.CONSUMER, uri(endpoints.consumer(), path));
    return new WorkerVersions(
        answer.text("filename"),
        answer.text("latest"),
        answer.page("versions", Answer::versionInfo));
  }

  /** The latest version of each worker, by name; paged as {@link #versions}. */
  public Page<VersionInfo> workers(int limit, String after)
      throws IOException, InterruptedException {
    URI uri = uri(endpoints.consumer(), "/files" + query(limit, after));
    return get(Server.CONSUMER, uri).page("files", Answer::versionInfo);
  }

  /** The consumers that the grpc-server knows; paged as {@link #versions}. */
  public Page<ConsumerInfo> consumers(int limit, String after)
      throws IOException, InterruptedException {
    URI uri = uri(endpoints.grpcHttp(), "/consumers" + query(limit, after));
    return get(Server.GRPC_HTTP, uri).page("consumers", Answer::consumerInfo);
  }

  /** Has the grpc-server forget a consumer, with what it wanted and reported. */
  public void forgetConsumer(String consumerId) throws IOException, InterruptedException {
    String id = Names.checked("the consumer's id", consumerId);
    URI uri = uri(endpoints.grpcHttp(), UrlPath.of("consumers", id));
    http.noContent(
        Server.GRPC_HTTP, HttpRequest.newBuilder(uri).timeout(Http.PATIENCE).DELETE().build());
  }

  /** Who runs which version: all consumers, all workers; paged as {@link #versions}. */
  public Page<ConsumerStatus> status(StatusFilter filter, int limit, String after)
      throws IOException, InterruptedException {
    if (!filter.equals(StatusFilter.ALL)) {
      return rows("/consumers", filter, limit, after);
    }
    // Without a filter the server lists consumers: the rows that lag, then, and those that don't.
    String calm = "calm";
    if (after == null || !after.startsWith(calm)) {
      Page<ConsumerStatus> page = rows("/consumers", new StatusFilter(true, null), limit, after);
      return new Page<>(page.items(), page.next() == null ? calm : page.next());
    }
    String rest = after.equals(calm) ? null : after.substring(calm.length());
    Page<ConsumerStatus> page = rows("/consumers", new StatusFilter(false, null), limit, rest);
    return new Page<>(page.items(), page.next() == null ? null : calm + page.next());
  }

  /** The same of one consumer. */
  public Page<ConsumerStatus> statusOfConsumer(
      String consumerId, StatusFilter filter, int limit, String after)
      throws IOException, InterruptedException {
    String id = Names.checked("the consumer's id", consumerId);
    return rows(UrlPath.of("consumers", id), filter, limit, after);
  }

  /** The same of one worker. */
  public Page<ConsumerStatus> statusOfWorker(
      String worker, StatusFilter filter, int limit, String after)
      throws IOException, InterruptedException {
    return rows(UrlPath.of("workers", worker(worker), "consumers"), filter, limit, after);
  }

  private Page<ConsumerStatus> rows(String path, StatusFilter filter, int limit, String after)
      throws IOException, InterruptedException {
    String query =
        query(limit, after)
            + (filter.lagging() == null ? "" : "&lagging=" + filter.lagging())
            + (filter.rejected() == null ? "" : "&rejected=" + filter.rejected());
    return get(Server.GRPC_HTTP, uri(endpoints.grpcHttp(), path + query))
        .page("rows", Answer::consumerStatus);
  }

  /**
   * Reads the update log.
   *
   * @param after the revision to begin after; 0: at the first
   * @param limit how many at most, 1 to 1000
   * @param worker only updates of this one; null: of all
   * @throws RefusedException with the code {@code compacted} when these updates are not kept any
   *     more
   */
  public LogPage updates(long after, int limit, String worker)
      throws IOException, InterruptedException {
    String query =
        query(limit, String.valueOf(after))
            + (worker == null ? "" : "&worker=" + UrlPath.encoded(worker(worker)));
    Answer answer = get(Server.GRPC_HTTP, uri(endpoints.grpcHttp(), "/updates" + query));
    Page<LoggedUpdate> page = answer.page("updates", Answer::loggedUpdate);
    return new LogPage(
        page.items(),
        page.next() == null ? -1 : Long.parseLong(page.next()),
        answer.number("head"),
        answer.number("compacted"));
  }

  /**
   * Removes the files that no version needs any more.
   *
   * @param dryRun only tells which
   */
  public GarbageCollection collectGarbage(boolean dryRun) throws IOException, InterruptedException {
    Answer answer =
        maintain("gc", JsonNodeFactory.instance.objectNode().put("dry_run", dryRun).toString());
    return new GarbageCollection(
        answer.flag("dry_run"),
        answer.number("examined"),
        answer.number("removed"),
        answer.number("bytes"),
        answer.texts("digests"));
  }

  /** Removes the updates up to a revision from the log; the newest of each worker stays known. */
  public Compaction compact(long revision) throws IOException, InterruptedException {
    Answer answer =
        maintain(
            "compact", JsonNodeFactory.instance.objectNode().put("revision", revision).toString());
    return new Compaction(
        answer.number("removed"), answer.number("compacted"), answer.number("head"));
  }

  private Answer maintain(String what, String body)
      throws ControlPlaneException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(uri(endpoints.upload(), UrlPath.of("maintenance", what)))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body, StandardCharsets.UTF_8))
            .build();
    // It takes as long as there is something to look at: the passing of time is all its progress.
    return new Answer(Server.UPLOAD, http.json(Server.UPLOAD, request, System::nanoTime));
  }

  /**
   * Fetches a version into a file, which appears whole and verified or not at all; one that is
   * there is replaced.
   *
   * @param version null for the latest
   */
  public Downloaded download(String worker, String version, Path file, Progress progress)
      throws IOException, InterruptedException {
    Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
    PartFile.sweep(target.getParent());
    try (PartFile part = PartFile.in(target.getParent())) {
      Downloaded downloaded = download(worker, version, part, progress);
      if (Files.exists(target) && !part.resembles(target)) {
        // Only writing in place keeps its owner; the bytes are verified by now.
        part.sync();
        try (OutputStream stream = Files.newOutputStream(target)) {
          Files.copy(part.path(), stream);
        }
        return downloaded;
      }
      part.publish(target);
      return downloaded;
    }
  }

  /**
   * Fetches a version into a stream. The bytes are good only when this returns: the digest is known
   * at their end.
   *
   * @param version null for the latest
   */
  public Downloaded download(String worker, String version, OutputStream stream, Progress progress)
      throws IOException, InterruptedException {
    Downloaded downloaded = download(worker, version, Sink.to(stream), progress);
    stream.flush();
    return downloaded;
  }

  Downloaded download(String worker, String version, Sink sink, Progress progress)
      throws IOException, InterruptedException {
    String path =
        version == null
            ? UrlPath.of("file", worker(worker))
            : UrlPath.of(
                "file", worker(worker), "version", Names.checked("the version's name", version));
    return new Download(http, retry, uri(endpoints.consumer(), path), worker, sink, progress).run();
  }

  /**
   * Follows the updates, on this thread, until the listener has enough; connects again by itself
   * for as long as it takes. To end it from outside, interrupt the thread.
   *
   * @throws ControlPlaneException when the server says that it will never serve this
   * @throws IOException what the listener threw
   */
  public void subscribe(Subscription subscription, SubscriptionListener listener)
      throws IOException, InterruptedException {
    new Subscriber(endpoints.grpc(), retry, false).run(subscription, listener);
  }

  /** The same, but every refusal is taken for one of a proxy that will get its route. */
  void subscribePatiently(Subscription subscription, SubscriptionListener listener)
      throws IOException, InterruptedException {
    new Subscriber(endpoints.grpc(), retry, true).run(subscription, listener);
  }

  /**
   * An agent: keeps the latest versions on disk and active, whatever happens.
   *
   * @param admission is shown each version before it becomes active
   * @param events is told what the agent does; by several threads, one at a time
   */
  public Agent agent(AgentSettings settings, Admission admission, Consumer<AgentEvent> events) {
    return new Agent(this, settings, admission, events, new Places());
  }

  RetryPolicy retry() {
    return retry;
  }

  Reporter reporter(Reporter.Refusal refusal) {
    return new Reporter(endpoints.grpc(), retry, refusal);
  }

  /** A directory that keeps the versions of updates as files; made where it is missing. */
  public VersionDirectory directory(Path root) throws IOException {
    return new VersionDirectory(root, this::fetch);
  }

  /** One try: whether to try again is for the one who knows what waits behind it. */
  private void fetch(Update update, Sink sink) throws IOException, InterruptedException {
    fetch(update.worker(), update.filePath(), update.checksum(), sink);
  }

  /** Fetches what the grpc-server says is there, with this digest. */
  void fetch(String worker, String filePath, String checksum, Sink sink)
      throws IOException, InterruptedException {
    if (!filePath.startsWith("/")) {
      throw new UnexpectedAnswerException(
          Server.GRPC,
          "an update of %s names \"%s\" where a path on the consumer-server should be"
              .formatted(worker, filePath),
          null);
    }
    URI uri = uri(endpoints.consumer(), filePath);
    Downloaded downloaded = new Download(http, retry, uri, worker, sink, Progress.NONE).run();
    if (!downloaded.checksum().equals(checksum)) {
      throw new DamagedException(Server.CONSUMER, uri.toString(), checksum, downloaded.checksum());
    }
  }

  private Answer get(Server server, URI uri) throws ControlPlaneException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(Http.PATIENCE).GET().build();
    return new Answer(server, http.json(server, request));
  }

  private URI version(String worker, String version) {
    return uri(
        endpoints.upload(),
        UrlPath.of(
            "workers", worker(worker), "versions", Names.checked("the version's name", version)));
  }

  private static String worker(String name) {
    return Names.checked("the worker's name", name);
  }

  private static String query(int limit, String after) {
    return "?limit=" + limit + (after == null ? "" : "&after=" + UrlPath.encoded(after));
  }

  private static URI uri(URI base, String path) {
    return URI.create(base + path);
  }

  /** Ends the calls that are under way. */
  @Override
  public void close() {
    http.close();
  }
}
