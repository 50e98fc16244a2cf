package dev.controlplane.client.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.controlplane.client.DamagedException;
import dev.controlplane.client.Names;
import dev.controlplane.client.Progress;
import dev.controlplane.client.Server;
import dev.controlplane.client.answers.Change;
import dev.controlplane.client.answers.Compaction;
import dev.controlplane.client.answers.GarbageCollection;
import dev.controlplane.client.answers.Published;
import dev.controlplane.client.answers.VersionInfo;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Calls of the upload-server: everything that changes the catalog. */
public final class Publishing {
  private final Calls calls;

  public Publishing(Calls calls) {
    this.calls = calls;
  }

  public Published upload(String worker, String version, Path file, Progress progress)
      throws IOException, InterruptedException {
    // Of a pipe or a device the length is not known, whatever the file system says; nor of a file
    // of /proc, which says 0.
    long size = Files.isRegularFile(file) ? Files.size(file) : 0;
    long length = size > 0 ? size : -1;
    try (InputStream stream = Files.newInputStream(file)) {
      return upload(worker, version, stream, length, progress);
    }
  }

  public Published upload(String worker, String version, InputStream stream, Progress progress)
      throws IOException, InterruptedException {
    return upload(worker, version, stream, -1, progress);
  }

  private Published upload(
      String worker, String version, InputStream stream, long length, Progress progress)
      throws IOException, InterruptedException {
    UploadCall call =
        new UploadCall(calls.http(), version(worker, version), stream, length, progress);
    Answer answer = call.run();
    VersionInfo info = answer.object("metadata").versionInfo();
    String sent = call.checksum();
    if (!info.checksum().equals(sent)) {
      throw new DamagedException(
          Server.UPLOAD, "the server has stored other bytes than were sent", sent, info.checksum());
    }
    return new Published(
        info, answer.flag("created"), answer.number("revision"), answer.text("message", ""));
  }

  public Change rollback(String worker, String version) throws IOException, InterruptedException {
    ObjectNode body = object().put("version", Calls.version(version));
    URI uri = uri(UrlPath.of("workers", Calls.worker(worker), "latest"));
    return change(json(uri).PUT(text(body)));
  }

  public Change retry(String worker, String version, String consumer)
      throws IOException, InterruptedException {
    URI uri =
        uri(
            UrlPath.of(
                "workers", Calls.worker(worker), "versions", Calls.version(version), "retry"));
    ObjectNode body = object();
    if (consumer != null) {
      body.put("consumer_id", Names.checked("the consumer's id", consumer));
    }
    return change(json(uri).POST(text(body)));
  }

  public Change delete(String worker, String version) throws IOException, InterruptedException {
    return change(HttpRequest.newBuilder(version(worker, version)).DELETE());
  }

  private Change change(HttpRequest.Builder request) throws IOException, InterruptedException {
    Answer answer = new Answer(Server.UPLOAD, calls.http().json(Server.UPLOAD, request.build()));
    return new Change(
        answer.flag("changed", true), answer.number("revision"), answer.text("message", ""));
  }

  public GarbageCollection collectGarbage(boolean dryRun) throws IOException, InterruptedException {
    Answer answer = maintain("gc", object().put("dry_run", dryRun));
    return new GarbageCollection(
        answer.flag("dry_run"),
        answer.number("examined"),
        answer.number("removed"),
        answer.number("bytes"),
        answer.texts("digests"));
  }

  public Compaction compact(long revision) throws IOException, InterruptedException {
    Answer answer = maintain("compact", object().put("revision", revision));
    return new Compaction(
        answer.number("removed"), answer.number("compacted"), answer.number("head"));
  }

  private Answer maintain(String what, ObjectNode body) throws IOException, InterruptedException {
    HttpRequest request = json(uri(UrlPath.of("maintenance", what))).POST(text(body)).build();
    // The call may take arbitrarily long, so the passing time counts as progress.
    return new Answer(Server.UPLOAD, calls.http().json(Server.UPLOAD, request, System::nanoTime));
  }

  private URI version(String worker, String version) {
    return uri(UrlPath.of("workers", Calls.worker(worker), "versions", Calls.version(version)));
  }

  private URI uri(String path) {
    return calls.uri(Server.UPLOAD, path);
  }

  private static HttpRequest.Builder json(URI uri) {
    return HttpRequest.newBuilder(uri).header("Content-Type", "application/json");
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static BodyPublisher text(ObjectNode body) {
    return BodyPublishers.ofString(body.toString(), StandardCharsets.UTF_8);
  }
}
