package dev.controlplane.client.agent.admission;

/** A version that is not to be used. */
public final class RejectedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;

  /**
   * Why.
   *
   * @param code a short word, up to 255 bytes
   * @param message for people, up to 4096 bytes
   */
  public RejectedException(String code, String message) {
    super(message);
    this.code = code;
  }

  /** The short word. */
  public String code() {
    return code;
  }
}
