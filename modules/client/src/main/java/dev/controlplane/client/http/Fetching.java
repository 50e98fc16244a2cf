package dev.controlplane.client.http;

import dev.controlplane.client.DamagedException;
import dev.controlplane.client.Progress;
import dev.controlplane.client.RetryPolicy;
import dev.controlplane.client.Server;
import dev.controlplane.client.UnexpectedAnswerException;
import dev.controlplane.client.answers.Downloaded;
import dev.controlplane.client.answers.Page;
import dev.controlplane.client.answers.VersionInfo;
import dev.controlplane.client.answers.WorkerVersions;
import dev.controlplane.client.files.PartFile;
import dev.controlplane.client.files.Sink;
import dev.controlplane.client.files.TargetFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;

/** Calls of the consumer-server: versions, their bytes, and listings. */
public final class Fetching {
  private final Calls calls;
  private final RetryPolicy retry;

  public Fetching(Calls calls, RetryPolicy retry) {
    this.calls = calls;
    this.retry = retry;
  }

  public VersionInfo info(String worker) throws IOException, InterruptedException {
    return calls
        .get(Server.CONSUMER, UrlPath.of("file", Calls.worker(worker), "info"))
        .versionInfo();
  }

  public WorkerVersions versions(String worker, int limit, String after)
      throws IOException, InterruptedException {
    String path = UrlPath.of("file", Calls.worker(worker), "versions");
    Answer answer = calls.page(Server.CONSUMER, path, limit, after, "");
    return new WorkerVersions(
        answer.text("filename"),
        answer.text("latest"),
        answer.page("versions", Answer::versionInfo));
  }

  public Page<VersionInfo> workers(int limit, String after)
      throws IOException, InterruptedException {
    return calls
        .page(Server.CONSUMER, "/files", limit, after, "")
        .page("files", Answer::versionInfo);
  }

  public Downloaded download(String worker, String version, Path file, Progress progress)
      throws IOException, InterruptedException {
    TargetFile target = new TargetFile(file);
    try (PartFile part = target.part()) {
      Downloaded downloaded = download(worker, version, part, progress);
      target.take(part);
      return downloaded;
    }
  }

  /**
   * Downloads a version into a sink.
   *
   * @param version null for the latest
   */
  public Downloaded download(String worker, String version, Sink sink, Progress progress)
      throws IOException, InterruptedException {
    String path =
        version == null
            ? UrlPath.of("file", Calls.worker(worker))
            : UrlPath.of("file", Calls.worker(worker), "version", Calls.version(version));
    return new Download(
            calls.http(), retry, calls.uri(Server.CONSUMER, path), worker, sink, progress)
        .run();
  }

  /** Downloads the bytes at a path that the grpc-server named, and checks their digest. */
  public void fetch(String worker, String filePath, String checksum, Sink sink)
      throws IOException, InterruptedException {
    if (!filePath.startsWith("/")) {
      throw new UnexpectedAnswerException(
          Server.GRPC,
          "an update of %s names \"%s\" where a path on the consumer-server should be"
              .formatted(worker, filePath),
          null);
    }
    URI uri = calls.uri(Server.CONSUMER, filePath);
    Downloaded downloaded =
        new Download(calls.http(), retry, uri, worker, sink, Progress.NONE).run();
    if (!downloaded.checksum().equals(checksum)) {
      throw new DamagedException(Server.CONSUMER, uri.toString(), checksum, downloaded.checksum());
    }
  }
}
