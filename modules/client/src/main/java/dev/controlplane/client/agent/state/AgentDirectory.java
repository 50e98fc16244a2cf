package dev.controlplane.client.agent.state;

import dev.controlplane.client.InvalidNameException;
import dev.controlplane.client.files.KeptParts;
import dev.controlplane.client.files.PartFile;
import dev.controlplane.client.files.Places;
import dev.controlplane.client.files.Sha256;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The directory of an agent: the files of workers, and the lock that allows only one agent.
 *
 * <pre>
 * DIR/{worker}/current             a link to versions/{version}: the active version, complete
 * DIR/{worker}/versions/{version}  the versions that are kept
 * DIR/.cpctl-agent/lock            locked while an agent runs
 * DIR/.cpctl-agent/position        the position of the subscription
 * DIR/.cpctl-agent/deletions       which log is followed, and the withheld deletions
 * DIR/.cpctl-agent/confirmed       the confirmed deletions
 * DIR/.cpctl-agent/status          the agent's state: {@link AgentStatus}
 * DIR/.cpctl-agent/notes/{sha256}  the digests of a worker's versions, and more: {@link WorkerState}
 * DIR/.cpctl-agent/parts/          incomplete downloads
 * </pre>
 *
 * <p>Every change is one rename, link or removal, made durable before the next. A version's digest
 * is noted before {@code current} can name the version, so that the active version can always be
 * verified.
 */
public final class AgentDirectory implements AutoCloseable {
  /** The name that no worker can have here. */
  public static final String RESERVED = ".cpctl-agent";

  private final Path root;
  private final Path own;
  private final AgentNotes notes;
  private final KeptParts parts;
  private final Places places;
  private final AgentLock lock;

  private AgentDirectory(Path root, Path own, Places places, AgentLock lock) {
    this.root = root;
    this.own = own;
    this.notes = new AgentNotes(root, own);
    this.parts = new KeptParts(own.resolve("parts"));
    this.places = places;
    this.lock = lock;
  }

  /**
   * Opens and locks the directory; creates it if it is missing.
   *
   * @throws IOException if another agent uses it, or it can't be written
   */
  public static AgentDirectory open(Path directory, Places places) throws IOException {
    Path root = directory.toAbsolutePath();
    Path own = root.resolve(RESERVED);
    Files.createDirectories(own);
    AgentLock lock = AgentLock.take(own, directory);
    try {
      AgentDirectory taken = new AgentDirectory(root, own, places, lock);
      PartFile.sweep(own);
      Files.deleteIfExists(own.resolve("link"));
      taken.notes.prepare();
      PartFile.syncDirectory(own);
      PartFile.syncDirectory(root);
      return taken;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /**
   * Opens the directory for reading its notes, whether an agent is running there or not. Changes
   * nothing.
   */
  public static AgentDirectory look(Path directory) throws IOException {
    Path root = directory.toAbsolutePath();
    Path own = root.resolve(RESERVED);
    if (!Files.isDirectory(own)) {
      throw new IOException(
          "no agent has worked in " + directory + ": it has no directory " + RESERVED);
    }
    return new AgentDirectory(root, own, new Places(), null);
  }

  /** The agent's notes. */
  public AgentNotes notes() {
    return notes;
  }

  /** Whether an agent is running here now. */
  boolean inUse() throws IOException {
    return AgentLock.isTaken(own);
  }

  /** The version's file, which may be missing. Call {@link #prepare} first. */
  public Path file(String worker, String version) {
    return root.resolve(worker).resolve("versions").resolve(version);
  }

  /** The worker's directory of versions; null if there is none. */
  private Path versions(String worker) throws IOException {
    Path directory = places.find(root, worker);
    Path versions = directory == null ? null : directory.resolve("versions");
    return versions != null
            && Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
            && Files.isDirectory(versions, LinkOption.NOFOLLOW_LINKS)
        ? versions
        : null;
  }

  /** The version's file; null if there is none. */
  private Path existing(String worker, String version) throws IOException {
    Path versions = versions(worker);
    Path file = versions == null ? null : places.find(versions, version);
    return file != null && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? file : null;
  }

  /** The worker's link; null if there is none. */
  private Path link(String worker) throws IOException {
    Path directory = places.find(root, worker);
    Path link = directory == null ? null : directory.resolve("current");
    return link != null
            && Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
            && Files.isSymbolicLink(link)
        ? link
        : null;
  }

  /**
   * Creates the worker's directories.
   *
   * @throws InvalidNameException if the names can't be used on this file system
   */
  public void prepare(String worker, String version) throws IOException {
    Path versions = places.directory(places.directory(root, worker), "versions");
    Path file = places.claim(versions, version);
    if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileSystemException(file.toString(), null, "is a directory; move it away");
    }
  }

  /**
   * Renames a closed part to the version's file.
   *
   * @throws InvalidNameException if the name can't be used on this file system
   */
  public void publish(Path part, String worker, String version) throws IOException {
    Path file = file(worker, version);
    try {
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (FileSystemException e) {
      throw places.explained(e, file.getParent(), version);
    }
    PartFile.syncDirectory(file.getParent());
  }

  /** Whether the version's file exists with the right bytes. */
  public boolean holds(String worker, WorkerState.Held held) throws IOException {
    Path file = existing(worker, held.version());
    return file != null
        && Files.size(file) == held.size()
        && Sha256.of(file).equals(held.checksum());
  }

  /** Incomplete downloads. */
  public KeptParts parts() {
    return parts;
  }

  /** The version that {@code current} names; empty if the link is missing or foreign. */
  public String current(String worker) throws IOException {
    Path link = link(worker);
    if (link == null) {
      return "";
    }
    Path target = Files.readSymbolicLink(link);
    return target.getNameCount() == 2 && !target.isAbsolute() && target.startsWith("versions")
        ? target.getFileName().toString()
        : "";
  }

  /** Makes {@code current} name the version, in one step. Call {@link #prepare} first. */
  public void activate(String worker, String version) throws IOException {
    Path directory = places.claim(root, worker);
    Path link = own.resolve("link");
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, Path.of("versions", version));
    Files.move(
        link,
        directory.resolve("current"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    PartFile.syncDirectory(directory);
  }

  /** Removes {@code current}; returns whether there was one. */
  public boolean deactivate(String worker) throws IOException {
    Path link = link(worker);
    if (link == null) {
      return false;
    }
    Files.delete(link);
    PartFile.syncDirectory(link.getParent());
    return true;
  }

  /** Removes the version's file. */
  public void remove(String worker, String version) throws IOException {
    Path file = existing(worker, version);
    if (file != null) {
      Files.delete(file);
    }
  }

  /** Forgets a worker whose files are gone. Files of others in its directory stay. */
  public void forget(String worker) throws IOException {
    Path directory = places.find(root, worker);
    if (directory != null && Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      try {
        Files.deleteIfExists(directory.resolve("versions"));
        Files.delete(directory);
      } catch (DirectoryNotEmptyException e) {
        // Not all of it is ours.
        PartFile.syncDirectory(directory);
      }
    }
    PartFile.syncDirectory(root);
    parts.discard(worker);
    notes.forget(worker);
  }

  /**
   * Makes sure that this is still the directory that was taken.
   *
   * @throws LostDirectoryException when somebody has removed or replaced it
   */
  public void requireOurs() throws LostDirectoryException {
    if (!lock.isInPlace()) {
      throw new LostDirectoryException(root);
    }
  }

  /** Lets another agent have the directory. */
  @Override
  public void close() throws IOException {
    lock.close();
  }

  /** Describes a file error for people. */
  public static String problem(IOException failure) {
    return switch (failure) {
      case NoSuchFileException e -> place(e) + ": no such file or directory";
      case AccessDeniedException e -> place(e) + ": permission denied";
      case FileAlreadyExistsException e -> e.getFile() + ": is in the way";
      case FileSystemException e when e.getReason() != null && e.getFile() != null ->
          place(e) + ": " + e.getReason();
      default -> failure.getMessage() == null ? failure.toString() : failure.getMessage();
    };
  }

  /** The file, or the directory of a temporary one, so that each try has the same problem. */
  private static String place(FileSystemException failure) {
    Path file = Path.of(failure.getFile());
    return String.valueOf(PartFile.isPart(file) ? file.getParent() : file);
  }
}
