package dev.controlplane.client;

/** A text is not a valid name of a worker, version or consumer. */
public final class InvalidNameException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public InvalidNameException(String message) {
    super(message);
  }
}
