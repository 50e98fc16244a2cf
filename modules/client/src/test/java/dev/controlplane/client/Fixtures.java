package dev.controlplane.client;

import dev.controlplane.client.files.Sha256;
import dev.controlplane.client.stream.GrpcChannels;
import dev.controlplane.client.stream.Update;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** What tests share. */
public final class Fixtures {
  /** Waits that no one notices. */
  public static final RetryPolicy QUICK =
      new RetryPolicy(Duration.ofMillis(1), Duration.ofMillis(20), 5);

  private Fixtures() {}

  /** Connections to a grpc-server on this machine. */
  public static GrpcChannels channels(int port) {
    return new GrpcChannels(new GrpcAddress("127.0.0.1", port, false), Proxies.NONE);
  }

  public static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  public static String sha256(byte[] bytes) {
    return HexFormat.of().formatHex(Sha256.start().digest(bytes));
  }

  public static String metadata(String worker, String version, byte[] bytes) {
    return """
    {"filename":"%s","version":"%s","checksum":"%s","filepath":"/file/%s/version/%s",\
    "uploaded_at":"2026-11-23T12:00:00.000Z","size":%d}\
    """
        .formatted(worker, version, sha256(bytes), worker, version, bytes.length);
  }

  public static Update published(String worker, String version, byte[] bytes) {
    return update(Update.Kind.PUBLISHED, worker, version, sha256(bytes), bytes.length, bytes);
  }

  public static Update deleted(String worker, String version, byte[] bytes) {
    return update(Update.Kind.DELETED, worker, version, sha256(bytes), bytes.length, new byte[0]);
  }

  public static Update update(
      Update.Kind kind, String worker, String version, String checksum, long size, byte[] code) {
    return new Update(
        7,
        kind,
        worker,
        version,
        checksum,
        size,
        code(code),
        "/file/w/version/v",
        Instant.EPOCH,
        "");
  }

  private static Update.Code code(byte[] bytes) {
    return new Update.Code() {
      @Override
      public int size() {
        return bytes.length;
      }

      @Override
      public void writeTo(OutputStream stream) throws IOException {
        stream.write(bytes);
      }
    };
  }

  /** Every file below a directory, relative to it, by name. */
  public static List<String> files(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(Files::isRegularFile)
          .map(file -> directory.relativize(file).toString())
          .sorted()
          .toList();
    }
  }
}
