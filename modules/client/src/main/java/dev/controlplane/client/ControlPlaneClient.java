package dev.controlplane.client;

import dev.controlplane.client.agent.Agent;
import dev.controlplane.client.agent.AgentEvent;
import dev.controlplane.client.agent.AgentServers;
import dev.controlplane.client.agent.AgentSettings;
import dev.controlplane.client.agent.admission.Admission;
import dev.controlplane.client.answers.Change;
import dev.controlplane.client.answers.Compaction;
import dev.controlplane.client.answers.ConsumerInfo;
import dev.controlplane.client.answers.ConsumerStatus;
import dev.controlplane.client.answers.Downloaded;
import dev.controlplane.client.answers.GarbageCollection;
import dev.controlplane.client.answers.LogPage;
import dev.controlplane.client.answers.Page;
import dev.controlplane.client.answers.Published;
import dev.controlplane.client.answers.ServerHealth;
import dev.controlplane.client.answers.ServerVersion;
import dev.controlplane.client.answers.StatusFilter;
import dev.controlplane.client.answers.VersionInfo;
import dev.controlplane.client.answers.WorkerVersions;
import dev.controlplane.client.files.Places;
import dev.controlplane.client.files.Sink;
import dev.controlplane.client.files.VersionDirectory;
import dev.controlplane.client.http.Answer;
import dev.controlplane.client.http.Calls;
import dev.controlplane.client.http.Fetching;
import dev.controlplane.client.http.Fleet;
import dev.controlplane.client.http.Health;
import dev.controlplane.client.http.Http;
import dev.controlplane.client.http.Publishing;
import dev.controlplane.client.stream.GrpcChannels;
import dev.controlplane.client.stream.Subscriber;
import dev.controlplane.client.stream.Subscription;
import dev.controlplane.client.stream.SubscriptionListener;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
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
  private final Endpoints endpoints;
  private final RetryPolicy retry;
  private final Proxies proxies;
  private final Http http;
  private final Calls calls;
  private final Publishing publishing;
  private final Fetching fetching;
  private final Fleet fleet;

  /** A client of these servers; connections are made when they are needed. */
  public ControlPlaneClient(Endpoints endpoints) {
    this(endpoints, RetryPolicy.DEFAULT);
  }

  /** A client of these servers that tries again as told. */
  public ControlPlaneClient(Endpoints endpoints, RetryPolicy retry) {
    this(endpoints, retry, Proxies.NONE);
  }

  /** A client that reaches the servers through proxies. */
  public ControlPlaneClient(Endpoints endpoints, RetryPolicy retry, Proxies proxies) {
    this.endpoints = endpoints;
    this.retry = retry;
    this.proxies = proxies;
    this.http = new Http(proxies);
    this.calls = new Calls(endpoints, http);
    this.publishing = new Publishing(calls);
    this.fetching = new Fetching(calls, retry);
    this.fleet = new Fleet(calls);
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
    return publishing.upload(worker, version, file, progress);
  }

  /** The same from a stream whose length is not known; it is read to its end and left open. */
  public Published upload(String worker, String version, InputStream stream, Progress progress)
      throws IOException, InterruptedException {
    return publishing.upload(worker, version, stream, progress);
  }

  /** Makes an earlier version the latest again; of what is latest already, nothing changes. */
  public Change rollback(String worker, String version) throws IOException, InterruptedException {
    return publishing.rollback(worker, version);
  }

  /** Deletes a version; its number stays used until the log forgets the deletion. */
  public Change delete(String worker, String version) throws IOException, InterruptedException {
    return publishing.delete(worker, version);
  }

  /** What is known of a worker's latest version. */
  public VersionInfo info(String worker) throws IOException, InterruptedException {
    return fetching.info(worker);
  }

  /**
   * A worker's versions, newest first.
   *
   * @param limit how many at most, 1 to 1000; the server may have a lower limit of its own
   * @param after {@link Page#next} of the page before; null for the first
   */
  public WorkerVersions versions(String worker, int limit, String after)
      throws IOException, InterruptedException {
    return fetching.versions(worker, limit, after);
  }

  /** The latest version of each worker, by name; paged as {@link #versions}. */
  public Page<VersionInfo> workers(int limit, String after)
      throws IOException, InterruptedException {
    return fetching.workers(limit, after);
  }

  /** The consumers that the grpc-server knows; paged as {@link #versions}. */
  public Page<ConsumerInfo> consumers(int limit, String after)
      throws IOException, InterruptedException {
    return fleet.consumers(limit, after);
  }

  /** Has the grpc-server forget a consumer, with what it wanted and reported. */
  public void forgetConsumer(String consumerId) throws IOException, InterruptedException {
    fleet.forget(consumerId);
  }

  /** Who runs which version: all consumers, all workers; paged as {@link #versions}. */
  public Page<ConsumerStatus> status(StatusFilter filter, int limit, String after)
      throws IOException, InterruptedException {
    return fleet.status(filter, limit, after);
  }

  /** The same of one consumer. */
  public Page<ConsumerStatus> statusOfConsumer(
      String consumerId, StatusFilter filter, int limit, String after)
      throws IOException, InterruptedException {
    return fleet.statusOfConsumer(consumerId, filter, limit, after);
  }

  /** The same of one worker. */
  public Page<ConsumerStatus> statusOfWorker(
      String worker, StatusFilter filter, int limit, String after)
      throws IOException, InterruptedException {
    return fleet.statusOfWorker(worker, filter, limit, after);
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
    return fleet.updates(after, limit, worker);
  }

  /**
   * Removes the files that no version needs any more.
   *
   * @param dryRun only tells which
   */
  public GarbageCollection collectGarbage(boolean dryRun) throws IOException, InterruptedException {
    return publishing.collectGarbage(dryRun);
  }

  /** Removes the updates up to a revision from the log; the newest of each worker stays known. */
  public Compaction compact(long revision) throws IOException, InterruptedException {
    return publishing.compact(revision);
  }

  /**
   * Fetches a version into a file, which appears whole and verified or not at all; one that is
   * there is replaced.
   *
   * @param version null for the latest
   */
  public Downloaded download(String worker, String version, Path file, Progress progress)
      throws IOException, InterruptedException {
    return fetching.download(worker, version, file, progress);
  }

  /**
   * Fetches a version into a stream. The bytes are good only when this returns: the digest is known
   * at their end.
   *
   * @param version null for the latest
   */
  public Downloaded download(String worker, String version, OutputStream stream, Progress progress)
      throws IOException, InterruptedException {
    Downloaded downloaded = fetching.download(worker, version, Sink.to(stream), progress);
    stream.flush();
    return downloaded;
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
    new Subscriber(channels(), retry, false).run(subscription, listener);
  }

  /**
   * An agent: keeps the latest versions on disk and active, whatever happens.
   *
   * @param admission is shown each version before it becomes active
   * @param events is told what the agent does; by several threads, one at a time
   */
  public Agent agent(AgentSettings settings, Admission admission, Consumer<AgentEvent> events) {
    return new Agent(agentServers(), settings, admission, events, new Places());
  }

  /** A directory that keeps the versions of updates as files; made where it is missing. */
  public VersionDirectory directory(Path root) throws IOException {
    // One try: whether to try again is for the one who knows what waits behind it.
    return new VersionDirectory(
        root,
        (update, sink) ->
            fetching.fetch(update.worker(), update.filePath(), update.checksum(), sink));
  }

  /** Which release a server is of; not of {@link Server#GRPC}, which tells it over HTTP. */
  public ServerVersion version(Server server) throws IOException, InterruptedException {
    Answer answer = calls.get(server, "/version");
    return new ServerVersion(answer.text("name"), answer.text("version"));
  }

  /** How a server fares; not of {@link Server#GRPC}, which tells it over HTTP. */
  public ServerHealth health(Server server) throws IOException, InterruptedException {
    return new Health(calls).of(server);
  }

  AgentServers agentServers() {
    return new AgentServers(channels(), fetching, retry);
  }

  private GrpcChannels channels() {
    return new GrpcChannels(endpoints.grpc(), proxies);
  }

  Fetching fetching() {
    return fetching;
  }

  /** Ends the calls that are under way. */
  @Override
  public void close() {
    http.close();
  }
}
