package dev.controlplane.client;

/** Bytes do not have the digest that they were sent or received with. */
public final class DamagedException extends ControlPlaneException {
  private static final long serialVersionUID = 1L;

  public DamagedException(Server server, String what, String expected, String actual) {
    super(
        server,
        "%s: SHA-256 of the bytes is %s where %s was expected".formatted(what, actual, expected),
        null);
  }
}
