package dev.controlplane.client;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The directory of an agent, of which there is one at a time.
 *
 * <pre>
 * DIR/{worker}/current             a link to versions/{version}: the active version, whole
 * DIR/{worker}/versions/{version}  the versions that are kept
 * DIR/.cpctl-agent/lock            held while an agent runs
 * DIR/.cpctl-agent/position        where the subscription is
 * DIR/.cpctl-agent/workers/{name}  the digests of a worker's versions, and more: {@link WorkerState}
 * </pre>
 *
 * <p>Every change of a name is one rename, link or removal, made durable before the next. A
 * version's digest is written down before {@code current} can name it, so that what {@code current}
 * names can always be verified.
 */
final class AgentDirectory implements AutoCloseable {
  /** The name that no worker can have here. */
  static final String RESERVED = ".cpctl-agent";

  private static final ObjectMapper JSON =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  /**
   * Where the subscription is.
   *
   * @param token how to go on
   * @param consumerId whose token it is
   * @param workers which workers it is about; empty: all
   * @param generation see {@link WorkerState}
   */
  record Position(String token, String consumerId, List<String> workers, long generation) {
    Position {
      workers = List.copyOf(workers);
    }
  }

  private final Path root;
  private final Path own;
  private final Path states;
  private final FileChannel lockFile;

  private AgentDirectory(Path root, Path own, Path states, FileChannel lockFile) {
    this.root = root;
    this.own = own;
    this.states = states;
    this.lockFile = lockFile;
  }

  /**
   * Takes the directory, which is made where it is missing.
   *
   * @throws IOException when another agent has it, or it can't be written
   */
  static AgentDirectory open(Path directory) throws IOException {
    Path root = directory.toAbsolutePath();
    Path own = root.resolve(RESERVED);
    Path states = own.resolve("workers");
    Files.createDirectories(states);
    FileChannel lockFile =
        FileChannel.open(own.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      lock(lockFile, directory);
      PartFile.sweep(own);
      Files.deleteIfExists(own.resolve("link"));
      PartFile.syncDirectory(own);
      PartFile.syncDirectory(root);
      return new AgentDirectory(root, own, states, lockFile);
    } catch (IOException e) {
      lockFile.close();
      throw e;
    }
  }

  private static void lock(FileChannel file, Path directory) throws IOException {
    FileLock lock;
    try {
      lock = file.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      throw new IOException(
          "another agent works in " + directory + "; give each agent a directory of its own");
    }
  }

  /** The version's file. */
  Path file(String worker, String version) {
    return versions(worker).resolve(version);
  }

  private Path versions(String worker) {
    return root.resolve(worker).resolve("versions");
  }

  private Path link(String worker) {
    return root.resolve(worker).resolve("current");
  }

  /**
   * Makes the worker's directories.
   *
   * @throws InvalidNameException when the names are not told from others' on this file system
   */
  void prepare(String worker, String version) throws IOException {
    Path directory = root.resolve(worker);
    make(directory);
    literal(directory);
    make(versions(worker));
    Path file = file(worker, version);
    if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileSystemException(file.toString(), null, "is a directory; move it away");
    }
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      literal(file);
    }
  }

  private static void make(Path directory) throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectory(directory);
      PartFile.syncDirectory(directory.getParent());
    }
  }

  private static void literal(Path path) {
    try {
      VersionDirectory.requireLiteral(path);
    } catch (IOException e) {
      throw new InvalidNameException(e.getMessage());
    }
  }

  /** Whether the version's file is there with its bytes. */
  boolean holds(String worker, WorkerState.Held held) throws IOException {
    Path file = file(worker, held.version());
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
        && Files.size(file) == held.size()
        && Sha256.of(file).equals(held.checksum());
  }

  /** A file to write to before it gets its name. */
  PartFile part() throws IOException {
    return PartFile.in(own);
  }

  /** The version that {@code current} names; empty where it names none of ours, or is missing. */
  String current(String worker) throws IOException {
    Path link = link(worker);
    if (!Files.isSymbolicLink(link)) {
      return "";
    }
    Path target = Files.readSymbolicLink(link);
    return target.getNameCount() == 2 && !target.isAbsolute() && target.startsWith("versions")
        ? target.getFileName().toString()
        : "";
  }

  /** Makes {@code current} name the version, in one step. */
  void activate(String worker, String version) throws IOException {
    Path link = own.resolve("link");
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, Path.of("versions", version));
    Files.move(
        link, link(worker), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    PartFile.syncDirectory(root.resolve(worker));
  }

  /** Takes {@code current} away; whether there was one. */
  boolean deactivate(String worker) throws IOException {
    Path directory = root.resolve(worker);
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
        || !Files.isSymbolicLink(link(worker))) {
      return false;
    }
    Files.delete(link(worker));
    PartFile.syncDirectory(directory);
    return true;
  }

  /** Removes the version's file. */
  void remove(String worker, String version) throws IOException {
    if (Files.isDirectory(versions(worker), LinkOption.NOFOLLOW_LINKS)
        && Files.isRegularFile(file(worker, version), LinkOption.NOFOLLOW_LINKS)) {
      Files.delete(file(worker, version));
    }
  }

  /** Forgets a worker whose files are gone; what others put into its directory stays. */
  void forget(String worker) throws IOException {
    if (Files.isDirectory(root.resolve(worker), LinkOption.NOFOLLOW_LINKS)) {
      try {
        Files.deleteIfExists(versions(worker));
        Files.delete(root.resolve(worker));
      } catch (DirectoryNotEmptyException e) {
        // Not all of it is ours.
        PartFile.syncDirectory(root.resolve(worker));
      }
    }
    PartFile.syncDirectory(root);
    if (Files.deleteIfExists(states.resolve(worker))) {
      PartFile.syncDirectory(states);
    }
  }

  /** Makes what is known of a worker durable. */
  void save(WorkerState state) throws IOException {
    write(states.resolve(state.worker()), JSON.writeValueAsBytes(state));
  }

  /** Makes the position durable. */
  void save(Position position) throws IOException {
    write(own.resolve("position"), JSON.writeValueAsBytes(position));
  }

  private void write(Path file, byte[] bytes) throws IOException {
    try (PartFile part = part()) {
      part.write(ByteBuffer.wrap(bytes));
      part.publish(file);
    }
  }

  /** The position that was saved last; null where there is none that can be read. */
  Position position() throws IOException {
    try {
      return JSON.readValue(Files.readAllBytes(own.resolve("position")), Position.class);
    } catch (NoSuchFileException | JacksonException e) {
      return null;
    }
  }

  /**
   * What is known of each worker, by name. Of one whose notes can't be read nothing is known but
   * the name.
   */
  Map<String, WorkerState> states() throws IOException {
    Map<String, WorkerState> all = new TreeMap<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(states)) {
      for (Path file : files) {
        String worker = file.getFileName().toString();
        all.put(worker, state(file, worker));
      }
    }
    return all;
  }

  private static WorkerState state(Path file, String worker) throws IOException {
    try {
      WorkerState state = JSON.readValue(Files.readAllBytes(file), WorkerState.class);
      return worker.equals(state.worker()) ? state : WorkerState.of(worker);
    } catch (JacksonException e) {
      return WorkerState.of(worker);
    }
  }

  /** Lets another agent have the directory. */
  @Override
  public void close() throws IOException {
    lockFile.close();
  }

  /** What went wrong with a file, for people. */
  static String problem(IOException failure) {
    return switch (failure) {
      case AccessDeniedException e -> e.getFile() + ": permission denied";
      case FileAlreadyExistsException e -> e.getFile() + ": is in the way";
      default -> failure.getMessage() == null ? failure.toString() : failure.getMessage();
    };
  }
}
