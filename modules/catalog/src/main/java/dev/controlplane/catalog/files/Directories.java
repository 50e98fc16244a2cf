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
 * Directories that survive a power cut, and who may use what is made in them. A data directory that
 * a server makes is for its owner alone. What is made below one is for the owner, and for the group
 * as far as the data directory is the group's: so an operator who wants to share a data directory
 * among users makes it for their group. The process's umask counts as always.
 */
public final class Directories {
  private static final Set<PosixFilePermission> OWNER =
      PosixFilePermissions.fromString("rwx------");

  private Directories() {}

  /** Makes a data directory and those above it as needed, each durable and for the owner alone. */
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
   * Makes a directory below a data directory, and those between them as needed, each durable. Never
   * makes the data directory: one that is gone may come back, and must find its place free.
   *
   * @throws java.nio.file.NoSuchFileException if the data directory is not there
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

  /** For a new file below a data directory: who may read and write it. */
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

  /** Makes what was created, renamed or removed in the directory durable. */
  public static void sync(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      DiskTimes.sync(channel);
    }
  }
}
