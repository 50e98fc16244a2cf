package dev.controlplane.client;

/** The server answered, and said no. */
public final class RefusedException extends ControlPlaneException {
  private static final long serialVersionUID = 1L;

  /** Why, as far as a program may want to know. */
  public enum Reason {
    /** A name, a value or the request itself is not allowed. */
    INVALID,
    /** There is no such worker or version. */
    NOT_FOUND,
    /** The version exists with other bytes, or existed with them. */
    CONFLICT,
    /** The caller may not. */
    FORBIDDEN,
    /** The server can't now; the same call may succeed later. */
    UNAVAILABLE,
    /** Anything else. */
    OTHER
  }

  /** Begins the code of an answer that is not in the form of the servers. */
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

  /** An answer that no server of the control plane has given: one of a proxy, most likely. */
  public static RefusedException foreign(Server server, int status, String message) {
    return http(server, status, FOREIGN + status, message);
  }

  /** Whether a server of the control plane has said so, and not a proxy before it. */
  public boolean isOfTheServer() {
    return !code.isEmpty() && !code.startsWith(FOREIGN);
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }

  /** The server's own word for it, such as {@code not_found}. */
  public String code() {
    return code;
  }
}
