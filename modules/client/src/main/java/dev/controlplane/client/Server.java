package dev.controlplane.client;

/** The addresses a client knows, by who answers there. */
public enum Server {
  /** Where versions are published, rolled back and deleted. */
  UPLOAD("upload-server"),
  /** Where versions are read. */
  CONSUMER("consumer-server"),
  /** Where updates are pushed from, over gRPC. */
  GRPC("grpc-server"),
  /** The HTTP port of {@link #GRPC}: who is connected. */
  GRPC_HTTP("grpc-server (HTTP)");

  private final String label;

  Server(String label) {
    this.label = label;
  }

  /** What it is called in texts. */
  @Override
  public String toString() {
    return label;
  }
}
