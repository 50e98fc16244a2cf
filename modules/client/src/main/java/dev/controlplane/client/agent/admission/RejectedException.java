package dev.controlplane.client.agent.admission;

/** A version must not be used. */
public final class RejectedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final boolean undecided;

  /**
   * Creates a permanent rejection.
   *
   * @param code a short word, up to 255 bytes
   * @param message for people, up to 4096 bytes
   */
  public RejectedException(String code, String message) {
    this(code, message, false);
  }

  private RejectedException(String code, String message, boolean undecided) {
    super(message);
    this.code = code;
    this.undecided = undecided;
  }

  /**
   * Creates an exception for a version that was not judged, because the judge failed for reasons of
   * its own, such as a command that does not exist yet. The agent asks again with growing pauses
   * before it rejects the version permanently.
   */
  public static RejectedException undecided(String code, String message) {
    return new RejectedException(code, message, true);
  }

  /** Whether asking again may have another result. */
  public boolean isUndecided() {
    return undecided;
  }

  /** The short word. */
  public String code() {
    return code;
  }
}
