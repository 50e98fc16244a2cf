package dev.controlplane.client.cli;

/** Arguments that can't be, found after they were parsed. */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }
}
