package dev.controlplane.client.cli.arguments;

/** An argument is wrong, which was found after the command line was parsed. */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }
}
