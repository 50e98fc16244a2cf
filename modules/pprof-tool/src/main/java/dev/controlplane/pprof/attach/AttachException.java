package dev.controlplane.pprof.attach;

/** A JVM can't be attached to. The message is for people. */
final class AttachException extends Exception {
  private static final long serialVersionUID = 1;

  AttachException(String message) {
    super(message);
  }

  AttachException(String message, Throwable cause) {
    super(message, cause);
  }
}
