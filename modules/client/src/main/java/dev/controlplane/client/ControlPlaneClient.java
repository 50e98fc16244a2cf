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
 * A client of the control plane: publishes, lists and downloads versions, follows updates, and runs
 * agents. Thread-safe; each call blocks its own thread.
 *
 * <p>Exceptions of all calls:
 *
 * <ul>
 *   <li>{@link RefusedException}: the server rejected the request.
 *   <li>{@link UnreachableException}: the server can't be reached, or the connection broke.
 *   <li>{@link DamagedException}: bytes do not have their digest.
 *   <li>{@link UnexpectedAnswerException}: something other than the expected server answered.
 *   <li>{@link InvalidNameException}: a name is not allowed.
 *   <li>another {@link IOException}: a local file can't be read or written.
 * </ul>
 */
public final class ControlPlaneClient implements AutoCloseable {
  private final RetryPolicy retry;
  private final GrpcChannels channels;
  private final Http http;
  private final Calls calls;
  private final Publishing publishing;
  private final Fetching fetching;
  private final Fleet fleet;

  /** Creates a client of these servers. It connects on demand. */
  public ControlPlaneClient(Endpoints endpoints) {
    this(endpoints, RetryPolicy.DEFAULT);
  }

  /** Creates a client of these servers with this retry policy. */
  public ControlPlaneClient(Endpoints endpoints, RetryPolicy retry) {
    this(endpoints, retry, Proxies.NONE);
  }

  /** Creates a client that reaches the servers through proxies. */
  public ControlPlaneClient(Endpoints endpoints, RetryPolicy retry, Proxies proxies) {
    this.retry = retry;
    this.channels = new GrpcChannels(endpoints.grpc(), proxies);
    this.http = new Http(proxies);
    this.calls = new Calls(endpoints, http);
    this.publishing = new Publishing(calls);
    this.fetching = new Fetching(calls, retry);
    this.fleet = new Fleet(calls);
  }

  /**
   * Publishes a file as a version, and checks that the server stored what was read. Publishing the
   * same bytes again succeeds and changes nothing; other bytes cause {@link
   * RefusedException.Reason#CONFLICT}.
   *
   * @param file is read once and streamed
   */
  public Published upload(String worker, String version, Path file, Progress progress)
      throws IOException, InterruptedException {
    return publishing.upload(worker, version, file, progress);
  }

  /** As above, from a stream of unknown length, which is read to its end and not closed. */
  public Published upload(String worker, String version, InputStream stream, Progress progress)
      throws IOException, InterruptedException {
    return publishing.upload(worker, version, stream, progress);
  }

  /** Makes an earlier version the latest again. If it is the latest already, nothing changes. */
  public Change rollback(String worker, String version) throws IOException, InterruptedException {
    return publishing.rollback(worker, version);
  }

  /**
   * Asks consumers that have rejected a worker's latest version to try it once more. Of another
   * version it is refused with {@link RefusedException.Reason#CONFLICT}.
   *
   * @param consumer the only consumer that is asked; null for all
   */
  public Change retry(String worker, String version, String consumer)
      throws IOException, InterruptedException {
    return publishing.retry(worker, version, consumer);
  }

  /** Deletes a version; its number stays used until the log forgets the deletion. */
  public Change delete(String worker, String version) throws IOException, InterruptedException {
    return publishing.delete(worker, version);
  }

  /** Returns a worker's latest version. */
  public VersionInfo info(String worker) throws IOException, InterruptedException {
    return fetching.info(worker);
  }

  /**
   * Returns a worker's versions, newest first.
   *
   * @param limit the most versions to return, 1 to 1000; the server may have a lower limit
   * @param after {@link Page#next} of the previous page; null for the first page
   */
  public WorkerVersions versions(String worker, int limit, String after)
      throws IOException, InterruptedException {
    return fetching.versions(worker, limit, after);
  }

  /** Returns the latest version of each worker, by name. Paged like {@link #versions}. */
  public Page<VersionInfo> workers(int limit, String after)
      throws IOException, InterruptedException {
    return fetching.workers(limit, after);
  }

  /** Returns the consumers that the grpc-server knows. Paged like {@link #versions}. */
  public Page<ConsumerInfo> consumers(int limit, String after)
      throws IOException, InterruptedException {
    return fleet.consumers(limit, after);
  }

  /** Makes the grpc-server forget a consumer with its interest and reports. */
  public void forgetConsumer(String consumerId) throws IOException, InterruptedException {
    fleet.forget(consumerId);
  }

  /**
   * Returns which consumer runs which version, for all consumers and workers. Paged like {@link
   * #versions}.
   */
  public Page<ConsumerStatus> status(StatusFilter filter, int limit, String after)
      throws IOException, InterruptedException {
    return fleet.status(filter, limit, after);
  }

  /** As {@link #status}, for one consumer. */
  public Page<ConsumerStatus> statusOfConsumer(
      String consumerId, StatusFilter filter, int limit, String after)
      throws IOException, InterruptedException {
    return fleet.statusOfConsumer(consumerId, filter, limit, after);
  }

  /** As {@link #status}, for one worker. */
  public Page<ConsumerStatus> statusOfWorker(
      String worker, StatusFilter filter, int limit, String after)
      throws IOException, InterruptedException {
    return fleet.statusOfWorker(worker, filter, limit, after);
  }

  /**
   * Reads the update log.
   *
   * @param after the revision after which to start; 0 to start with the first update
   * @param limit the most updates to return, 1 to 1000
   * @param worker only updates of this worker; null for all
   * @throws RefusedException with the code {@code compacted} if these updates were removed from the
   *     log
   */
  public LogPage updates(long after, int limit, String worker)
      throws IOException, InterruptedException {
    return fleet.updates(after, limit, worker);
  }

  /**
   * Removes the files that no version references.
   *
   * @param dryRun whether only to report them
   */
  public GarbageCollection collectGarbage(boolean dryRun) throws IOException, InterruptedException {
    return publishing.collectGarbage(dryRun);
  }

  /**
   * Removes the updates up to a revision from the log. The newest update of each existing worker is
   * kept.
   */
  public Compaction compact(long revision) throws IOException, InterruptedException {
    return publishing.compact(revision);
  }

  /**
   * Downloads a version into a file, which appears complete and verified or not at all. An existing
   * file is replaced.
   *
   * @param version null for the latest
   */
  public Downloaded download(String worker, String version, Path file, Progress progress)
      throws IOException, InterruptedException {
    return fetching.download(worker, version, file, progress);
  }

  /**
   * Downloads a version into a stream. The bytes may be used only after this method has returned,
   * because they are verified at their end.
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
   * Follows the updates on this thread until the listener has enough. Reconnects as often as
   * necessary. To stop it from outside, interrupt the thread.
   *
   * @throws ControlPlaneException if the server will never accept this subscription
   * @throws IOException what the listener threw
   */
  public void subscribe(Subscription subscription, SubscriptionListener listener)
      throws IOException, InterruptedException {
    new Subscriber(channels, retry, false).run(subscription, listener);
  }

  /**
   * Creates an agent, which keeps the latest versions on disk and active.
   *
   * @param admission decides about each version before it becomes active
   * @param events receives what the agent does; called by several threads, one at a time
   */
  public Agent agent(AgentSettings settings, Admission admission, Consumer<AgentEvent> events) {
    return new Agent(agentServers(), settings, admission, events, new Places());
  }

  /** Opens a directory that stores versions as files; creates it if it is missing. */
  public VersionDirectory directory(Path root) throws IOException {
    // Tried once only: the caller knows what is waiting and decides about retries.
    return new VersionDirectory(
        root,
        (update, sink) ->
            fetching.fetch(update.worker(), update.filePath(), update.checksum(), sink));
  }

  /**
   * Returns the release of a server. For the grpc-server use {@link Server#GRPC_HTTP}, because it
   * reports its release over HTTP.
   */
  public ServerVersion version(Server server) throws IOException, InterruptedException {
    Answer answer = calls.get(server, "/version");
    return new ServerVersion(answer.text("name"), answer.text("version"));
  }

  /** How a server fares; not of {@link Server#GRPC}, which tells it over HTTP. */
  public ServerHealth health(Server server) throws IOException, InterruptedException {
    return new Health(calls).of(server);
  }

  AgentServers agentServers() {
    return new AgentServers(channels, fetching, retry);
  }

  Fetching fetching() {
    return fetching;
  }

  /** Aborts calls in progress. */
  @Override
  public void close() {
    http.close();
  }
}
