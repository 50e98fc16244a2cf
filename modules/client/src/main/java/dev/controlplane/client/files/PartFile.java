package dev.controlplane.client.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * A file that is written under a temporary name and then appears under its own name complete, or
 * not at all. Not thread-safe.
 *
 * <p>A new part's name ends in 128 random bits, so that no name of a worker or version can collide
 * with it. It is locked while it is written, so that {@link #sweep} recognizes what killed
 * processes left behind. It is removed when it is closed, unless it was published.
 *
 * <p>A {@linkplain #resume resumed} part has a name chosen by its owner and stays when it is
 * closed, so that the next process continues after its bytes: {@link KeptParts}.
 */
public final class PartFile implements Sink, AutoCloseable {
  private static final Pattern NAME = Pattern.compile("\\.cpctl-[0-9a-f]{32}\\.part");
  private static final SecureRandom RANDOM = new SecureRandom();

  /**
   * The names of this process's own parts. A process loses its lock on a file as soon as it closes
   * any descriptor of it, so a sweep must not even open these.
   */
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private static final int BUFFER = 128 * 1024;

  private final Path path;
  private final FileChannel channel;
  private boolean stays;

  private PartFile(Path path, FileChannel channel, boolean stays) {
    this.path = path;
    this.channel = channel;
    this.stays = stays;
  }

  /** Creates a part. The directory must be on the file system of the file's final place. */
  public static PartFile in(Path directory) throws IOException {
    byte[] bits = new byte[16];
    RANDOM.nextBytes(bits);
    Path path = directory.resolve(".cpctl-" + HexFormat.of().formatHex(bits) + ".part");
    OWN.add(path.getFileName());
    FileChannel channel;
    try {
      channel =
          FileChannel.open(
              path,
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
    } catch (IOException | RuntimeException e) {
      OWN.remove(path.getFileName());
      throw e;
    }
    PartFile part = new PartFile(path, channel, false);
    part.lock();
    return part;
  }

  /**
   * Opens a part that may exist, and that stays when it is closed. Its owner must not let others
   * use it.
   */
  static PartFile resume(Path path) throws IOException {
    return new PartFile(
        path,
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
        true);
  }

  private void lock() {
    try {
      channel.tryLock();
    } catch (IOException e) {
      // On a file system without locks nothing is swept either, because no lock can be taken.
    }
  }

  @Override
  public void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public long kept(MessageDigest digest) throws IOException {
    channel.position(0);
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    while (channel.read(buffer) >= 0) {
      digest.update(buffer.flip());
      buffer.clear();
    }
    return channel.position();
  }

  /** Whether the part contains all bytes. */
  public boolean isWhole(long size, String checksum) throws IOException {
    return channel.size() == size && Sha256.of(path).equals(checksum);
  }

  @Override
  public void restart() throws IOException {
    channel.truncate(0);
    channel.position(0);
  }

  /**
   * Makes sure that the file system has room for what is still to come.
   *
   * @param size of the whole file
   * @throws FileSystemException when it has not
   */
  public void requireRoom(long size) throws IOException {
    FileStore store = Files.getFileStore(path);
    // One of a size of zero, such as some of FUSE, does not tell.
    if (store.getTotalSpace() > 0 && size - channel.size() > store.getUsableSpace()) {
      throw new FileSystemException(
          path.getParent().toString(), null, "no room for " + size + " bytes");
    }
  }

  /** Where the bytes are until they are published; open until this is closed. */
  public Path path() {
    return path;
  }

  /** Copies mode, owner and group of the file to be replaced; returns whether that worked. */
  public boolean resembles(Path file) {
    try {
      Files.setAttribute(path, "unix:uid", Files.getAttribute(file, "unix:uid"));
      Files.setAttribute(path, "unix:gid", Files.getAttribute(file, "unix:gid"));
      Files.setAttribute(path, "unix:mode", Files.getAttribute(file, "unix:mode"));
      return true;
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /** Makes the bytes durable under the temporary name. */
  public void sync() throws IOException {
    channel.force(true);
  }

  /** Makes the bytes durable and renames the file, replacing an existing one. */
  public void publish(Path target) throws IOException {
    channel.force(true);
    // Renamed while it is open and locked, so that a sweep can't remove it in between.
    Files.move(path, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    stays = true;
    syncDirectory(target.toAbsolutePath().getParent());
  }

  /** Removes the file unless it was published or is to stay. */
  @Override
  public void close() throws IOException {
    try {
      if (!stays) {
        Files.deleteIfExists(path);
      }
    } finally {
      channel.close();
      OWN.remove(path.getFileName());
    }
  }

  /** Makes the entries of a directory durable. */
  public static void syncDirectory(Path directory) throws IOException {
    try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
      names.force(true);
    }
  }

  /**
   * Removes what killed processes left in a directory. What can't be removed stays: it may belong
   * to another user of a shared directory.
   */
  public static void sweep(Path directory) {
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(directory, PartFile::looksLikeOne)) {
      for (Path entry : entries) {
        deleteAbandoned(entry);
      }
    } catch (IOException | DirectoryIteratorException e) {
      // The directory can't be listed; leftovers do no harm.
      return;
    }
  }

  /** Whether the file is called as parts are. */
  public static boolean isPart(Path file) {
    return file.getFileName() != null && NAME.matcher(file.getFileName().toString()).matches();
  }

  private static boolean looksLikeOne(Path entry) {
    return isPart(entry)
        && !OWN.contains(entry.getFileName())
        && Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS);
  }

  private static void deleteAbandoned(Path entry) {
    try (FileChannel channel = FileChannel.open(entry, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock != null) {
        Files.delete(entry);
      }
    } catch (OverlappingFileLockException | IOException e) {
      // It belongs to another user, was just published or swept, or is being written by this
      // process.
      return;
    }
  }
}
