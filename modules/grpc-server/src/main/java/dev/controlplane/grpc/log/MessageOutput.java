package dev.controlplane.grpc.log;

/** Where the messages of a stream go. */
@FunctionalInterface
public interface MessageOutput {
  /** Sends a message; waits for as long as the client's flow control asks for it. */
  void send(EncodedMessage message);
}
