package dev.controlplane.catalog;

import dev.controlplane.catalog.BlobStore.Upload;
import dev.controlplane.catalog.failures.CatalogException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A process that uploads and publishes from several threads until it is killed, or once for each
 * line of its input; or that deletes what it published and collects, too. It prints one line for
 * each acknowledged publish, after the acknowledgement.
 */
public final class Publisher implements AutoCloseable {
  private static final int COLLECTING = -1;

  /**
   * Arguments: the data directory, the name of the run, how many threads; none: step by step; -1:
   * collecting.
   */
  public static void main(String[] arguments) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Path directory = Path.of(arguments[0]);
    String run = arguments[1];
    int threads = Integer.parseInt(arguments[2]);
    try (Catalog catalog = DataDirectory.openCatalog(directory)) {
      CatalogBlobs blobs = DataDirectory.openBlobs(directory, catalog);
      blobs.check();
      String[] leftovers = directory.resolve("blobs/tmp").toFile().list();
      out.println("ready " + catalog.head() + " leftovers " + leftovers.length);
      if (threads == 0) {
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (int i = 0; in.readLine() != null; i++) {
          publish(catalog, blobs, "stepped", run + "-" + i, i, out);
        }
        return;
      }
      if (threads == COLLECTING) {
        Thread.startVirtualThread(
            () -> {
              while (true) {
                blobs.collect(Instant.now().plusSeconds(60), false);
              }
            });
        for (int i = 0; ; i++) {
          publish(catalog, blobs, "collected", run + "-" + i, i, out);
          if (i % 3 != 0) {
            catalog.delete("collected", run + "-" + i);
          }
        }
      }
      List<Thread> publishing = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int thread = t;
        publishing.add(
            Thread.startVirtualThread(
                () -> {
                  for (int i = 0; ; i++) {
                    publish(catalog, blobs, "w" + thread, run + "-" + i, i, out);
                  }
                }));
      }
      for (Thread thread : publishing) {
        thread.join();
      }
    } catch (CatalogException e) {
      out.println("refused " + e.getMessage());
    }
  }

  private static void publish(
      Catalog catalog, BlobStore blobs, String worker, String version, int seed, PrintStream out) {
    byte[] bytes = content(worker, version, seed);
    try (Upload upload = blobs.receive()) {
      upload.write(bytes, 0, bytes.length);
      StoredBlob blob = upload.commit();
      long revision = catalog.publish(worker, version, blob, null).revision();
      out.println("acknowledged %s %s %s %d".formatted(worker, version, blob.digest(), revision));
    }
  }

  private static byte[] content(String worker, String version, int seed) {
    byte[] bytes = new byte[new Random(seed).nextInt(100_000)];
    new Random((worker + version).hashCode()).nextBytes(bytes);
    return bytes;
  }

  /** What a publisher said it has. */
  record Acknowledged(String worker, String version, Digest digest, long revision) {}

  private final Process process;
  private final BufferedReader out;

  private Publisher(Process process) {
    this.process = process;
    this.out = process.inputReader(StandardCharsets.UTF_8);
  }

  /** Starts one in a JVM of its own. */
  static Publisher start(Path directory, Path temp, String run, int threads) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-Xshare:auto",
            "--enable-native-access=ALL-UNNAMED",
            // A killed one leaves SQLite's library in it.
            "-Djava.io.tmpdir=" + temp,
            "-cp",
            System.getProperty("java.class.path"),
            Publisher.class.getName(),
            directory.toString(),
            run,
            "" + threads);
    return new Publisher(builder.redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** Starts one that deletes and collects, too. */
  public static Publisher collecting(Path directory, Path temp, String run) throws IOException {
    return start(directory, temp, run, COLLECTING);
  }

  /** Its next line. */
  public String line() throws IOException {
    String line = out.readLine();
    if (line == null) {
      throw new AssertionError("the publisher has ended");
    }
    return line;
  }

  /** Its next acknowledgement, null at the end. */
  Acknowledged acknowledged() throws IOException {
    String line = out.readLine();
    if (line == null) {
      return null;
    }
    String[] words = line.split(" ", -1);
    if (words.length != 5 || !words[0].equals("acknowledged")) {
      // A line cut off by the kill acknowledges nothing.
      return null;
    }
    return new Acknowledged(
        words[1],
        words[2],
        new Digest(words[3].substring("sha256:".length())),
        Long.parseLong(words[4]));
  }

  /** Has a step-by-step one take a step. */
  void step() throws IOException {
    process.getOutputStream().write(ByteBuffer.allocate(1).put((byte) '\n').array());
    process.getOutputStream().flush();
  }

  /** {@code kill -9}; what it had printed can still be read. */
  public void kill() {
    process.toHandle().destroyForcibly();
    process.onExit().join();
  }

  @Override
  public void close() {
    kill();
  }
}
