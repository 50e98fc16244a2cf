package dev.controlplane.client.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The file that a download ends in. It is written aside and takes the place of the old one when it
 * is verified; mode and owner stay. Where the old one can't be replaced so, it is written in place:
 * its directory takes no new file, its owner can't be given, or something is mounted on it. A link
 * stays a link, also one to a file that is not there yet.
 */
public final class TargetFile {
  /** As many links lead to a file at most as Linux follows. */
  private static final int MOST_LINKS = 40;

  private final Path path;

  /**
   * The file that is called so, or that a link leads to.
   *
   * @throws FileSystemException when links lead nowhere
   */
  public TargetFile(Path named) throws IOException {
    Path linked = named.toAbsolutePath();
    for (int links = 0; Files.isSymbolicLink(linked); links++) {
      if (links == MOST_LINKS) {
        throw new FileSystemException(named.toString(), null, "too many links lead to it");
      }
      linked = linked.resolveSibling(Files.readSymbolicLink(linked));
    }
    path = linked;
  }

  /** Where the bytes go until they are verified: beside the file, or in the temporary directory. */
  public PartFile part() throws IOException {
    Path directory = path.getParent();
    if (!Files.isDirectory(directory)) {
      throw new FileSystemException(directory.toString(), null, "no such directory");
    }
    PartFile.sweep(directory);
    try {
      return PartFile.in(directory);
    } catch (FileSystemException e) {
      if (!Files.isWritable(path)) {
        throw named(e);
      }
      return PartFile.in(Path.of(System.getProperty("java.io.tmpdir")));
    }
  }

  /** Puts the bytes of a part, which are verified, where they belong. */
  public void take(PartFile part) throws IOException {
    boolean beside = path.getParent().equals(part.path().getParent());
    if (!Files.exists(path) || (beside && part.resembles(path))) {
      try {
        part.publish(path);
        return;
      } catch (FileSystemException e) {
        if (!Files.isWritable(path)) {
          throw named(e);
        }
      }
    }
    part.sync();
    try (OutputStream stream = Files.newOutputStream(path)) {
      Files.copy(part.path(), stream);
    }
  }

  /** The same failure, with the name that the caller knows instead of the part's. */
  private FileSystemException named(FileSystemException failure) {
    String reason = failure.getReason() == null ? "permission denied" : failure.getReason();
    FileSystemException named = new FileSystemException(path.toString(), null, reason);
    named.initCause(failure);
    return named;
  }
}
