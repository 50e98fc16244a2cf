package dev.controlplane.catalog.files;

import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.CatalogUnavailableException;
import dev.controlplane.catalog.failures.StorageFullException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Translates failures of SQLite and of file operations into messages for people. */
public final class StorageErrors {
  /** A write that fails with less free space than this, in bytes, is blamed on a full disk. */
  private static final long NO_ROOM = 64 * 1024;

  private StorageErrors() {}

  /** Translates a failed read: the database is unavailable, unless it was only locked. */
  public static CatalogException ofRead(SQLException e, Path file) {
    CatalogException meaning = of(e, file);
    return code(e) == SQLiteErrorCode.SQLITE_BUSY.code
        ? meaning
        : new CatalogUnavailableException(meaning.getMessage(), e);
  }

  private static int code(SQLException e) {
    return e instanceof SQLiteException s ? s.getResultCode().code & 0xff : e.getErrorCode();
  }

  /** Translates a failed call of SQLite. */
  public static CatalogException of(SQLException e, Path file) {
    int code = code(e);
    boolean onFile =
        code == SQLiteErrorCode.SQLITE_IOERR.code || code == SQLiteErrorCode.SQLITE_CANTOPEN.code;
    if (code == SQLiteErrorCode.SQLITE_FULL.code || (onFile && isFull(file))) {
      return full(file, e);
    }
    if (code == SQLiteErrorCode.SQLITE_CORRUPT.code) {
      return new CatalogException(file + " is damaged; restore it from a backup", e);
    }
    if (code == SQLiteErrorCode.SQLITE_NOTADB.code) {
      return new CatalogException(
          file
              + " is not an SQLite database, or is damaged; choose another data directory or"
              + " restore it from a backup",
          e);
    }
    if (code == SQLiteErrorCode.SQLITE_BUSY.code) {
      return new CatalogException(file + " is locked by another program; try again", e);
    }
    if (code == SQLiteErrorCode.SQLITE_CANTOPEN.code
        || code == SQLiteErrorCode.SQLITE_PERM.code
        || code == SQLiteErrorCode.SQLITE_READONLY.code) {
      return new CatalogException(
          "%s can't be opened (%s); check its permissions".formatted(file, e.getMessage()), e);
    }
    if (!(e instanceof SQLiteException)) {
      return new CatalogException("can't open %s: %s".formatted(file, e.getMessage()), e);
    }
    return new CatalogException("%s failed: %s".formatted(file, e.getMessage()), e);
  }

  /**
   * Translates a failed file operation.
   *
   * @param doing the operation; the message reads "can't {@code doing} {@code path}"
   */
  public static CatalogException of(IOException e, String doing, Path path) {
    if (e instanceof ClosedByInterruptException) {
      return new CatalogException("interrupted, can't " + doing + " " + path, e);
    }
    String reason = reason(e);
    // The system's text may be in the user's language, so the free space is checked too.
    if (reason.contains("No space left")
        || reason.contains("quota exceeded")
        || (!(e instanceof AccessDeniedException) && isFull(path))) {
      return full(path, e);
    }
    return new CatalogException("can't %s %s: %s".formatted(doing, path, reason), e);
  }

  private static StorageFullException full(Path path, Exception e) {
    return new StorageFullException(
        "the disk or quota of %s is full; make room and try again"
            .formatted(Files.isDirectory(path) ? path : path.getParent()),
        e);
  }

  private static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException denied -> "permission denied: " + denied.getFile();
      case NoSuchFileException missing -> "there is no " + missing.getFile();
      case FileAlreadyExistsException there -> "not a directory: " + there.getFile();
      case NotDirectoryException file -> "not a directory: " + file.getFile();
      case FileSystemException other when other.getReason() != null -> other.getReason();
      default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    };
  }

  private static boolean isFull(Path path) {
    try {
      Path there = path;
      while (there.getParent() != null && !Files.exists(there)) {
        there = there.getParent();
      }
      FileStore store = Files.getFileStore(there);
      // A file system without any space, such as /proc, is not full.
      return store.getTotalSpace() > 0 && store.getUsableSpace() < NO_ROOM;
    } catch (IOException e) {
      return false;
    }
  }
}
