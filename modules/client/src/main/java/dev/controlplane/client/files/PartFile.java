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
 * A file that is written aside and appears under its name whole, or not at all.
 *
 * <p>The name of a new one ends in 128 random bits, so that no worker or version can be given a
 * name that meets it, and the file is locked while it is written: {@link #sweep} tells by that what
 * a killed process left behind. It goes when it is closed, unless it was published.
 *
 * <p>One that is {@linkplain #resume resumed} stays when it is closed, under a name that its owner
 * chooses, so that the next process goes on behind its bytes: {@link KeptParts}.
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

  /** A new one; the directory must be on the file system of the file's final place. */
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

  /** One that may be there already, and stays when it is closed; its owner lets no other use it. */
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
      // A file system without locks: nothing is swept there either, as no lock can be had.
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

  /** Whether all of the bytes are here. */
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

  /** Takes over mode, owner and group of a file that is to be replaced; whether that worked. */
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

  /** Makes the bytes durable, still under the name of a part. */
  public void sync() throws IOException {
    channel.force(true);
  }

  /** Makes the bytes durable and gives them their name, in place of a file that has it. */
  public void publish(Path target) throws IOException {
    channel.force(true);
    // Renamed while it is still open and locked, so that a sweep can't come between.
    Files.move(path, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    stays = true;
    syncDirectory(target.toAbsolutePath().getParent());
  }

  /** Removes the file unless it was published, or is to stay. */
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

  /** Makes the names in a directory durable. */
  public static void syncDirectory(Path directory) throws IOException {
    try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
      names.force(true);
    }
  }

  /**
   * Removes what processes that were killed left in a directory. What can't be removed stays: it
   * may belong to another user of a shared directory.
   */
  public static void sweep(Path directory) {
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(directory, PartFile::looksLikeOne)) {
      for (Path entry : entries) {
        deleteAbandoned(entry);
      }
    } catch (IOException | DirectoryIteratorException e) {
      // The directory can't be listed: nobody needs what may have been left there.
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
      // Another user's, or published or swept a moment ago, or being written by this very process.
      return;
    }
  }
}
