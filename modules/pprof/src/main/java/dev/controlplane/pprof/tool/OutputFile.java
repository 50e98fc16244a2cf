package dev.controlplane.pprof.tool;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;

/**
 * The file that a profile is written to. It appears when it is whole, and takes over mode and owner
 * of the file that it replaces. It is written in place where it can't be replaced so: the directory
 * takes no new file, the owner can't be given, or something is mounted on it. A link stays a link.
 * A device or a pipe is written to, and never replaced.
 */
final class OutputFile {
  /** As many links lead to a file at most as Linux follows. */
  private static final int MOST_LINKS = 40;

  private static final int BUFFER = 1 << 16;

  /** What a new file takes over from the one it replaces; the mode last, as chown(2) changes it. */
  private static final List<String> KEPT = List.of("unix:uid", "unix:gid", "unix:mode");

  /** Writes the profile to what it is given. */
  @FunctionalInterface
  interface Conversion {
    Converter.Result to(Converter.Target target) throws IOException;
  }

  private final Path path;
  private final Path directory;
  private Path aside;
  private OutputStream open;

  private OutputFile(Path path, Path directory) {
    this.path = path;
    this.directory = directory;
  }

  /**
   * Writes a file.
   *
   * @param named where, or a link to there
   */
  static Converter.Result write(Path named, Conversion conversion) throws IOException {
    if (Files.exists(named) && !Files.isRegularFile(named) && !Files.isDirectory(named)) {
      try (OutputStream out = Files.newOutputStream(named, StandardOpenOption.WRITE)) {
        var buffered = new BufferedOutputStream(out, BUFFER);
        Converter.Result result = conversion.to(() -> buffered);
        buffered.flush();
        return result;
      }
    }
    Path path = linked(named.toAbsolutePath());
    Path directory = path.getParent();
    if (directory == null || !Files.isDirectory(directory) || Files.isDirectory(path)) {
      throw new IOException(named + " can't be written: not a file in a directory that exists");
    }
    return new OutputFile(path, directory).write(conversion);
  }

  /** Where a link leads, also to a file that is not there yet. */
  private static Path linked(Path named) throws IOException {
    Path path = named;
    for (int links = 0; links < MOST_LINKS && Files.isSymbolicLink(path); links++) {
      path = path.resolveSibling(Files.readSymbolicLink(path));
    }
    if (Files.isSymbolicLink(path)) {
      throw new IOException(named + " can't be written: too many links lead to it");
    }
    return path;
  }

  private Converter.Result write(Conversion conversion) throws IOException {
    try {
      Converter.Result result = conversion.to(this::open);
      open.close();
      if (aside != null) {
        replace();
      }
      return result;
    } finally {
      try {
        if (open != null) {
          open.close();
        }
      } finally {
        if (aside != null) {
          Files.deleteIfExists(aside);
        }
      }
    }
  }

  private OutputStream open() throws IOException {
    try {
      aside = createAside();
    } catch (FileSystemException e) {
      if (!Files.isWritable(path)) {
        throw new FileSystemException(
            path.toString(), null, e.getReason() == null ? "permission denied" : e.getReason());
      }
    }
    if (aside != null && Files.exists(path) && !resembles()) {
      Files.delete(aside);
      aside = null;
    }
    open =
        new BufferedOutputStream(
            aside == null ? inPlace() : Files.newOutputStream(aside, StandardOpenOption.WRITE),
            BUFFER);
    return open;
  }

  private OutputStream inPlace() throws IOException {
    return Files.newOutputStream(
        path, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
  }

  /** Whether the new file could be given mode and owner of the old one. */
  private boolean resembles() {
    try {
      for (String attribute : KEPT) {
        Files.setAttribute(aside, attribute, Files.getAttribute(path, attribute));
      }
      return true;
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  private void replace() throws IOException {
    try {
      Files.move(aside, path, StandardCopyOption.REPLACE_EXISTING);
      aside = null;
    } catch (FileSystemException e) {
      if (!Files.isWritable(path)) {
        throw e;
      }
      try (OutputStream out = inPlace()) {
        Files.copy(aside, out);
      }
    }
  }

  /**
   * Creates a new file for the profile until it is whole. Its name is short, whatever the output's
   * is, and random, so that one that a killed run has left is in nobody's way. Its permissions
   * follow the umask, as the output's would.
   */
  private Path createAside() throws IOException {
    while (true) {
      Path file = directory.resolve(".pprof-" + UUID.randomUUID() + ".tmp");
      try {
        return Files.createFile(file);
      } catch (FileAlreadyExistsException e) {
        // the next name
      }
    }
  }
}
