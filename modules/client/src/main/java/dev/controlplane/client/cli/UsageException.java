package dev.controlplane.client.cli;

/** Arguments that can't be, found after they were parsed. */
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
