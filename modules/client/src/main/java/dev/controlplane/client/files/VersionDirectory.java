package dev.controlplane.client.files;

import dev.controlplane.client.ControlPlaneException;
import dev.controlplane.client.DamagedException;
import dev.controlplane.client.InvalidNameException;
import dev.controlplane.client.Names;
import dev.controlplane.client.Server;
import dev.controlplane.client.stream.Update;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Stores versions as files {@code DIR/{worker}/{version}}.
 *
 * <p>A file exists completely, with the right digest and durable, or not at all: it is written to a
 * temporary file in {@code DIR} and renamed. Names are checked again, so that none leads out of the
 * directory. A link in place of a worker's directory is rejected.
 */
public final class VersionDirectory {
  /** The result of applying an update. */
  public enum Outcome {
    /** The file was written. */
    WRITTEN,
    /** The file existed with the same bytes. */
    UNCHANGED,
    /** The file of a deleted version was removed. */
    REMOVED,
    /** There was nothing to do. */
    NOTHING
  }

  /** Downloads a version that is too large to come with its update. */
  @FunctionalInterface
  public interface Fetch {
    void fetch(Update update, Sink sink) throws IOException, InterruptedException;
  }

  private final Path root;
  private final Fetch fetch;
  private final Places places = new Places();

  public VersionDirectory(Path root, Fetch fetch) throws IOException {
    this.root = root;
    this.fetch = fetch;
    Files.createDirectories(root);
    PartFile.sweep(root);
  }

  /**
   * Returns the path of the version's file, whether it exists or not.
   *
   * @throws InvalidNameException if a name would lead elsewhere
   */
  public Path path(String worker, String version) {
    // Used as received: the servers have normalized the names.
    Names.checked("the worker's name", worker);
    Names.checked("the version's name", version);
    return Places.resolve(Places.resolve(root, worker), version);
  }

  /**
   * Applies an update: creates the version's file, or removes the file of a deleted version. The
   * worker's directory is removed together with its last file.
   *
   * @throws InvalidNameException if a name of the update would lead out of the directory
   * @throws ControlPlaneException if the bytes can't be downloaded, or do not have their digest
   * @throws IOException if the file can't be written
   */
  public Outcome apply(Update update) throws IOException, InterruptedException {
    Path target = path(update.worker(), update.version());
    return switch (update.kind()) {
      case DELETED -> remove(update);
      case PUBLISHED, ROLLED_BACK, RETRIED -> write(target, update);
      case UNKNOWN -> Outcome.NOTHING;
    };
  }

  private Outcome write(Path target, Update update) throws IOException, InterruptedException {
    Path directory = places.directory(root, update.worker());
    places.claim(directory, update.version());
    if (holds(target, update)) {
      return Outcome.UNCHANGED;
    }
    try (PartFile part = PartFile.in(root)) {
      if (update.inline()) {
        copy(update, part);
      } else {
        fetch.fetch(update, part);
      }
      part.publish(target);
    } catch (FileSystemException e) {
      throw isDirectory(target)
          ? notAFile(target)
          : places.explained(e, directory, update.version());
    }
    return Outcome.WRITTEN;
  }

  private static boolean holds(Path file, Update update) throws IOException {
    if (isDirectory(file)) {
      throw notAFile(file);
    }
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    return Files.size(file) == update.size() && Sha256.of(file).equals(update.checksum());
  }

  /** Writes the bytes that came with an update; returns their digest. */
  public static String copy(Update.Code code, Sink part) throws IOException {
    MessageDigest digest = Sha256.start();
    code.writeTo(
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            digest.update(bytes, offset, length);
            part.write(ByteBuffer.wrap(bytes, offset, length));
          }
        });
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void copy(Update update, PartFile part) throws IOException {
    String actual = copy(update.code(), part);
    if (!actual.equals(update.checksum())) {
      throw new DamagedException(
          Server.GRPC,
          "update %d, %s %s".formatted(update.revision(), update.worker(), update.version()),
          update.checksum(),
          actual);
    }
  }

  private Outcome remove(Update update) throws IOException {
    Path directory = places.find(root, update.worker());
    Path file = directory == null ? null : places.find(directory, update.version());
    if (file == null
        || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
        || !Files.isDirectory(file.getParent(), LinkOption.NOFOLLOW_LINKS)) {
      return Outcome.NOTHING;
    }
    Files.delete(file);
    PartFile.syncDirectory(file.getParent());
    try {
      Files.delete(file.getParent());
      PartFile.syncDirectory(root);
    } catch (DirectoryNotEmptyException | NoSuchFileException e) {
      // There are other versions, or somebody else cleaned up.
      return Outcome.REMOVED;
    }
    return Outcome.REMOVED;
  }

  private static boolean isDirectory(Path path) {
    return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
  }

  private static FileSystemException notAFile(Path path) {
    return new FileSystemException(path.toString(), null, "is a directory; move it away");
  }

  /** The directory's path. */
  public Path root() {
    return root;
  }
}
