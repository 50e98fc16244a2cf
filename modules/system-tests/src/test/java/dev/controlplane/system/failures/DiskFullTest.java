package dev.controlplane.system.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.ServerUnderTest;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A full disk refuses what does not fit, keeps nothing of it, and harms nothing else. */
class DiskFullTest {
  private static final int MOUNTED = 48 << 20;
  private static final long LARGEST_SHARED = 256 << 20;

  @TempDir private Path directory;
  private Path data;
  private ServerUnderTest server;
  private String url;

  /** Starts upload-server on a file system that is small and its own. */
  @BeforeEach
  void start() throws IOException {
    data = Files.createDirectory(directory.resolve("data"));
    server = onMountedDisk();
    if (server == null) {
      server = onSharedMemory();
    }
    server.launch().awaitReady();
    Matcher ready = Pattern.compile("http=(\\S+)").matcher(server.logText());
    assertTrue(ready.find(), server::logText);
    url = "http://" + ready.group(1);
  }

  /** Mounted where only this process sees it, so that nothing is left mounted whatever happens. */
  private ServerUnderTest onMountedDisk() {
    String mount = "mount -t tmpfs -o size=" + MOUNTED + " tmpfs '" + data + "'";
    for (List<String> unshare : List.of(List.of("unshare", "-m"), List.of("unshare", "-rm"))) {
      List<String> attempt = new ArrayList<>(unshare);
      attempt.addAll(List.of("sh", "-c", mount));
      if (Tools.run(attempt.toArray(String[]::new)).exitCode() == 0) {
        List<String> prefix = new ArrayList<>(unshare);
        prefix.addAll(List.of("sh", "-c", mount + " && exec \"$@\"", "sh"));
        return server(prefix);
      }
    }
    return null;
  }

  /** In a container without the right to mount, the small disk is that of its shared memory. */
  private ServerUnderTest onSharedMemory() throws IOException {
    Path memory = Path.of("/dev/shm");
    if (!Files.isWritable(memory) || Files.getFileStore(memory).getTotalSpace() > LARGEST_SHARED) {
      throw new AssertionError(
          "this test needs a small disk: run it as root, or allow user namespaces, or make /dev/shm"
              + " no larger than 256 MiB");
    }
    data = Files.createTempDirectory(memory, "disk-full-");
    return server(List.of());
  }

  private ServerUnderTest server(List<String> prefix) {
    return new ServerUnderTest(
            "upload-server",
            directory.resolve("upload-server"),
            Map.of("STORAGE_PATH", data.toString(), "UPLOAD_PORT", "0"),
            List.of())
        .commandPrefix(prefix);
  }

  @AfterEach
  void stop() throws IOException {
    server.clear();
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** The data directory as the server sees it. */
  private Path seen() {
    return Path.of("/proc/" + server.pid() + "/root" + data);
  }

  private HttpResponse<String> put(String version, int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return Cluster.send(
        HttpRequest.newBuilder(URI.create(url + "/workers/w/versions/" + version))
            .PUT(BodyPublishers.ofByteArray(bytes)));
  }

  private HttpResponse<String> form(String version, int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    String part = "--edge\r\nContent-Disposition: form-data; name=";
    return Cluster.send(
        HttpRequest.newBuilder(URI.create(url + "/upload"))
            .header("Content-Type", "multipart/form-data; boundary=edge")
            .POST(
                BodyPublishers.concat(
                    BodyPublishers.ofString(part + "\"filename\"\r\n\r\nw\r\n"),
                    BodyPublishers.ofString(part + "\"version\"\r\n\r\n" + version + "\r\n"),
                    BodyPublishers.ofString(part + "\"file\"; filename=\"f\"\r\n\r\n"),
                    BodyPublishers.ofByteArray(bytes),
                    BodyPublishers.ofString("\r\n--edge--\r\n"))));
  }

  private List<Path> blobs() throws IOException {
    try (Stream<Path> files = Files.walk(seen().resolve("blobs"))) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  @Test
  void whatDoesNotFitIsAnsweredWith507LeavesNothingAndTheServerRecovers() throws IOException {
    long capacity = Files.getFileStore(seen()).getTotalSpace();
    int third = (int) (capacity / 3);
    assertEquals(200, put("fits", third).statusCode());
    List<Path> before = blobs();
    for (HttpResponse<String> refused : List.of(put("raw", 2 * third), form("form", 2 * third))) {
      assertEquals(507, refused.statusCode(), refused::body);
      assertTrue(Cluster.json(refused).path("error").isTextual(), refused::body);
      assertTrue(Cluster.json(refused).path("message").isTextual(), refused::body);
      assertEquals(before, blobs());
    }

    assertEquals(200, put("small", 10_000).statusCode());
    assertEquals(200, put("fits", third).statusCode(), "the same bytes again");
    assertTrue(server.alive());
  }
}
