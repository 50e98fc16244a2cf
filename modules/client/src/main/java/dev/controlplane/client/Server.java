package dev.controlplane.client;

/** The server addresses that a client knows. */
public enum Server {
  /** Publishes, rolls back and deletes versions. */
  UPLOAD("upload-server"),
  /** Serves versions. */
  CONSUMER("consumer-server"),
  /** Pushes updates over gRPC. */
  GRPC("grpc-server"),
  /** The HTTP port of {@link #GRPC}: consumers and the update log. */
  GRPC_HTTP("grpc-server");

  private final String label;

  Server(String label) {
    this.label = label;
  }

  /** The name in messages, where an address tells the two ports of grpc-server apart. */
  @Override
  public String toString() {
    return label;
  }
}
