package dev.controlplane.client.agent.admission;

/** A version that is not to be used. */
public final class RejectedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final boolean undecided;

  /**
   * Why.
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
   * The version was not judged: what should judge it failed for reasons of its own, such as a
   * command that is not there yet. The agent asks again, with growing pauses, before it rejects the
   * version for good.
   */
  public static RejectedException undecided(String code, String message) {
    return new RejectedException(code, message, true);
  }

  /** Whether asking again may give another answer. */
  public boolean isUndecided() {
    return undecided;
  }

  /** The short word. */
  public String code() {
    return code;
  }
}
