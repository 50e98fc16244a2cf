package dev.controlplane.client;

/** The server answered and rejected the request. */
public final class RefusedException extends ControlPlaneException {
  private static final long serialVersionUID = 1L;

  /** The reason, for programs. */
  public enum Reason {
    /** A name, a value or the request itself is not allowed. */
    INVALID,
    /** The worker or version does not exist. */
    NOT_FOUND,
    /** The version exists, or existed, with other bytes. */
    CONFLICT,
    /** The caller lacks permission. */
    FORBIDDEN,
    /** The server can't serve the request now; a retry may succeed. */
    UNAVAILABLE,
    /** Anything else. */
    OTHER
  }

  /** The prefix of the code for answers that do not have the servers' format. */
  private static final String FOREIGN = "http_";

  private final Reason reason;
  private final String code;

  public RefusedException(Server server, Reason reason, String code, String message) {
    super(server, message, null);
    this.reason = reason;
    this.code = code;
  }

  public static RefusedException http(Server server, int status, String code, String message) {
    Reason reason =
        switch (status) {
          case 400, 411, 413, 414, 415, 416, 422 -> Reason.INVALID;
          case 401, 403 -> Reason.FORBIDDEN;
          case 404, 410 -> Reason.NOT_FOUND;
          case 409 -> Reason.CONFLICT;
          case 408, 429, 502, 503, 504 -> Reason.UNAVAILABLE;
          default -> Reason.OTHER;
        };
    return new RefusedException(server, reason, code, message);
  }

  /**
   * Creates the exception for an answer that no server of the control plane gave; most likely it
   * came from a proxy.
   */
  public static RefusedException foreign(Server server, int status, String message) {
    return http(server, status, FOREIGN + status, message);
  }

  /** Whether a server of the control plane gave the answer, not a proxy in front of it. */
  public boolean isOfTheServer() {
    return !code.isEmpty() && !code.startsWith(FOREIGN);
  }

  /** Whether updates that were asked for were compacted away. */
  public boolean isCompacted() {
    return code.equals("compacted");
  }

  /** The reason. */
  public Reason reason() {
    return reason;
  }

  /** The server's own word for the reason, such as {@code not_found}. */
  public String code() {
    return code;
  }
}
