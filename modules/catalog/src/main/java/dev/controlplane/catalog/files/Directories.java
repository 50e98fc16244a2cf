package dev.controlplane.catalog.files;

import dev.controlplane.catalog.DiskTimes;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * Creates directories durably and with the right permissions. A data directory that a server
 * creates is accessible only to its owner. Everything below a data directory is accessible to the
 * owner, and to the group as far as the data directory is. To share a data directory between users,
 * the operator creates it with permissions for their group. The process's umask always applies.
 */
public final class Directories {
  private static final Set<PosixFilePermission> OWNER =
      PosixFilePermissions.fromString("rwx------");

  private Directories() {}

  /** Creates a data directory and its missing parents, durably, for the owner only. */
  public static void make(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      make(parent);
    }
    create(directory, PosixFilePermissions.asFileAttribute(OWNER));
  }

  /**
   * Creates a directory below a data directory, with missing directories in between, durably. Never
   * creates the data directory itself: if it is gone, for example because its volume is not
   * mounted, its place must stay free.
   *
   * @throws java.nio.file.NoSuchFileException if the data directory does not exist
   */
  public static void makeBelow(Path dataDirectory, Path directory) throws IOException {
    if (directory.equals(dataDirectory) || Files.isDirectory(directory)) {
      return;
    }
    makeBelow(dataDirectory, directory.getParent());
    create(
        directory,
        PosixFilePermissions.asFileAttribute(
            shared(dataDirectory, EnumSet.allOf(PosixFilePermission.class))));
  }

  /** The permissions of a new file below a data directory. */
  public static FileAttribute<Set<PosixFilePermission>> forFileIn(Path dataDirectory)
      throws IOException {
    return PosixFilePermissions.asFileAttribute(
        shared(
            dataDirectory,
            EnumSet.of(
                PosixFilePermission.OWNER_READ,
                PosixFilePermission.OWNER_WRITE,
                PosixFilePermission.GROUP_READ,
                PosixFilePermission.GROUP_WRITE)));
  }

  private static Set<PosixFilePermission> shared(Path dataDirectory, Set<PosixFilePermission> most)
      throws IOException {
    Set<PosixFilePermission> group =
        EnumSet.of(
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.GROUP_EXECUTE);
    group.retainAll(Files.getPosixFilePermissions(dataDirectory));
    group.addAll(OWNER);
    group.retainAll(most);
    return group;
  }

  private static void create(Path directory, FileAttribute<?> attribute) throws IOException {
    try {
      Files.createDirectory(directory, attribute);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory)) {
        throw e;
      }
    }
    sync(directory.toAbsolutePath().getParent());
  }

  /** Makes entries that were created, renamed or removed in a directory durable. */
  public static void sync(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      DiskTimes.sync(channel);
    }
  }
}
