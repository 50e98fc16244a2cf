package dev.controlplane.client.http;

import dev.controlplane.client.Names;
import dev.controlplane.client.Server;
import dev.controlplane.client.answers.ConsumerInfo;
import dev.controlplane.client.answers.ConsumerStatus;
import dev.controlplane.client.answers.LogPage;
import dev.controlplane.client.answers.LoggedUpdate;
import dev.controlplane.client.answers.Page;
import dev.controlplane.client.answers.StatusFilter;
import java.io.IOException;
import java.net.http.HttpRequest;

/** Calls of the grpc-server's HTTP port: consumers, their versions, and the update log. */
public final class Fleet {
  /** The prefix of a page position among the rows that do not lag. */
  private static final String CALM = "calm";

  private final Calls calls;

  public Fleet(Calls calls) {
    this.calls = calls;
  }

  public Page<ConsumerInfo> consumers(int limit, String after)
      throws IOException, InterruptedException {
    return calls
        .page(Server.GRPC_HTTP, "/consumers", limit, after, "")
        .page("consumers", Answer::consumerInfo);
  }

  public void forget(String consumerId) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(calls.uri(Server.GRPC_HTTP, consumer(consumerId)))
            .timeout(Http.PATIENCE)
            .DELETE();
    calls.http().noContent(Server.GRPC_HTTP, request.build());
  }

  private static String consumer(String id) {
    return UrlPath.of("consumers", Names.checked("the consumer's id", id));
  }

  public Page<ConsumerStatus> status(StatusFilter filter, int limit, String after)
      throws IOException, InterruptedException {
    if (!filter.equals(StatusFilter.ALL)) {
      return rows("/consumers", filter, limit, after);
    }
    // Without a filter the server would list consumers, so the lagging rows are requested first,
    // then the others.
    if (after == null || !after.startsWith(CALM)) {
      Page<ConsumerStatus> page = rows("/consumers", new StatusFilter(true, null), limit, after);
      return new Page<>(page.items(), page.next() == null ? CALM : page.next());
    }
    String rest = after.equals(CALM) ? null : after.substring(CALM.length());
    Page<ConsumerStatus> page = rows("/consumers", new StatusFilter(false, null), limit, rest);
    return new Page<>(page.items(), page.next() == null ? null : CALM + page.next());
  }

  public Page<ConsumerStatus> statusOfConsumer(
      String consumerId, StatusFilter filter, int limit, String after)
      throws IOException, InterruptedException {
    return rows(consumer(consumerId), filter, limit, after);
  }

  public Page<ConsumerStatus> statusOfWorker(
      String worker, StatusFilter filter, int limit, String after)
      throws IOException, InterruptedException {
    String path = UrlPath.of("workers", Calls.worker(worker), "consumers");
    return rows(path, filter, limit, after);
  }

  private Page<ConsumerStatus> rows(String path, StatusFilter filter, int limit, String after)
      throws IOException, InterruptedException {
    String query =
        (filter.lagging() == null ? "" : "&lagging=" + filter.lagging())
            + (filter.rejected() == null ? "" : "&rejected=" + filter.rejected());
    return calls
        .page(Server.GRPC_HTTP, path, limit, after, query)
        .page("rows", Answer::consumerStatus);
  }

  public LogPage updates(long after, int limit, String worker)
      throws IOException, InterruptedException {
    String filter = worker == null ? "" : "&worker=" + UrlPath.encoded(Calls.worker(worker));
    Answer answer = calls.page(Server.GRPC_HTTP, "/updates", limit, String.valueOf(after), filter);
    Page<LoggedUpdate> page = answer.page("updates", Answer::loggedUpdate);
    return new LogPage(
        page.items(),
        page.next() == null ? -1 : Long.parseLong(page.next()),
        answer.number("head"),
        answer.number("compacted"));
  }
}
