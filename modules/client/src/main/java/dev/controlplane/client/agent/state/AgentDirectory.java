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
 * The directory of an agent: the files of workers, and the lock that lets one agent work there.
 *
 * <pre>
 * DIR/{worker}/current             a link to versions/{version}: the active version, whole
 * DIR/{worker}/versions/{version}  the versions that are kept
 * DIR/.cpctl-agent/lock            held while an agent runs
 * DIR/.cpctl-agent/position        where the subscription is
 * DIR/.cpctl-agent/deletions       which log is followed, and the deletions that are withheld
 * DIR/.cpctl-agent/confirmed       the deletions that somebody has confirmed
 * DIR/.cpctl-agent/status          how the agent fares: {@link AgentStatus}
 * DIR/.cpctl-agent/notes/{sha256}  the digests of a worker's versions, and more: {@link WorkerState}
 * DIR/.cpctl-agent/parts/          downloads that are not whole yet
 * </pre>
 *
 * <p>Every change of a name is one rename, link or removal, made durable before the next. A
 * version's digest is written down before {@code current} can name it, so that what {@code current}
 * names can always be verified.
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
   * Takes the directory, which is made where it is missing.
   *
   * @throws IOException when another agent has it, or it can't be written
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

  /** What is written in the directory, whether an agent runs there or not; changes nothing. */
  public static AgentDirectory look(Path directory) throws IOException {
    Path root = directory.toAbsolutePath();
    Path own = root.resolve(RESERVED);
    if (!Files.isDirectory(own)) {
      throw new IOException(
          "no agent has worked in " + directory + ": it has no directory " + RESERVED);
    }
    return new AgentDirectory(root, own, new Places(), null);
  }

  /** What the agent has written down. */
  public AgentNotes notes() {
    return notes;
  }

  /** Whether an agent works here at this moment. */
  boolean inUse() throws IOException {
    return AgentLock.isTaken(own);
  }

  /** The version's file, which may be missing; only after {@link #prepare}. */
  public Path file(String worker, String version) {
    return root.resolve(worker).resolve("versions").resolve(version);
  }

  /** The worker's directory of versions; null where there is none. */
  private Path versions(String worker) throws IOException {
    Path directory = places.find(root, worker);
    Path versions = directory == null ? null : directory.resolve("versions");
    return versions != null
            && Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
            && Files.isDirectory(versions, LinkOption.NOFOLLOW_LINKS)
        ? versions
        : null;
  }

  /** The version's file; null where there is none. */
  private Path existing(String worker, String version) throws IOException {
    Path versions = versions(worker);
    Path file = versions == null ? null : places.find(versions, version);
    return file != null && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? file : null;
  }

  /** The worker's link; null where there is none. */
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
   * Makes the worker's directories.
   *
   * @throws InvalidNameException when the names can't be used on this file system
   */
  public void prepare(String worker, String version) throws IOException {
    Path versions = places.directory(places.directory(root, worker), "versions");
    Path file = places.claim(versions, version);
    if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileSystemException(file.toString(), null, "is a directory; move it away");
    }
  }

  /**
   * Gives a part that is closed the version's name.
   *
   * @throws InvalidNameException when the name can't be used on this file system
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

  /** Whether the version's file is there with its bytes. */
  public boolean holds(String worker, WorkerState.Held held) throws IOException {
    Path file = existing(worker, held.version());
    return file != null
        && Files.size(file) == held.size()
        && Sha256.of(file).equals(held.checksum());
  }

  /** Downloads that are not whole yet. */
  public KeptParts parts() {
    return parts;
  }

  /** The version that {@code current} names; empty where it names none of ours, or is missing. */
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

  /** Makes {@code current} name the version, in one step; only after {@link #prepare}. */
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

  /** Takes {@code current} away; whether there was one. */
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

  /** Forgets a worker whose files are gone; what others put into its directory stays. */
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

  /** What went wrong with a file, for people. */
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
