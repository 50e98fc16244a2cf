package dev.controlplane.client.cli;

import dev.controlplane.client.DamagedException;
import dev.controlplane.client.InvalidNameException;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.UnreachableException;
import dev.controlplane.client.cli.arguments.Address;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/**
 * The exit code and the message of a command that failed.
 *
 * @param code the exit code
 * @param message one line for people
 */
record Failure(int code, String message) {
  static Failure of(Exception failure) {
    return switch (failure) {
      case UnreachableException e ->
          new Failure(
              ExitCode.UNREACHABLE,
              "%s (%s sets the address)".formatted(e.getMessage(), Address.of(e.server())));
      case RefusedException e when e.isCompacted() -> new Failure(ExitCode.FAILED, e.getMessage());
      case RefusedException e -> new Failure(code(e.reason()), e.getMessage());
      case DamagedException e -> new Failure(ExitCode.DAMAGED, e.getMessage());
      case InvalidNameException e -> new Failure(ExitCode.USAGE, e.getMessage());
      case InvalidPathException e ->
          new Failure(
              ExitCode.FAILED,
              "the file name \"%s\" can't be used here: %s (in a locale without UTF-8, set LC_ALL=C.UTF-8)"
                  .formatted(e.getInput(), e.getReason()));
      case InterruptedException _, ClosedByInterruptException _ ->
          new Failure(ExitCode.INTERRUPTED, "interrupted");
      case NoSuchFileException e -> new Failure(ExitCode.FAILED, e.getFile() + ": no such file");
      case AccessDeniedException e ->
          new Failure(ExitCode.FAILED, e.getFile() + ": permission denied");
      case NotDirectoryException e ->
          new Failure(ExitCode.FAILED, e.getFile() + ": not a directory");
      case FileSystemException e when e.getReason() == null ->
          new Failure(ExitCode.FAILED, e.getFile() + ": is in the way");
      case IOException e when e.getMessage() != null ->
          new Failure(ExitCode.FAILED, e.getMessage());
      default -> new Failure(ExitCode.FAILED, failure.toString());
    };
  }

  private static int code(RefusedException.Reason reason) {
    return switch (reason) {
      case INVALID -> ExitCode.USAGE;
      case NOT_FOUND -> ExitCode.NOT_FOUND;
      case CONFLICT -> ExitCode.CONFLICT;
      case UNAVAILABLE, FORBIDDEN, OTHER -> ExitCode.FAILED;
    };
  }
}
