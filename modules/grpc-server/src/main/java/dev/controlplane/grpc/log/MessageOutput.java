package dev.controlplane.grpc.log;

/** The destination of a stream's messages. */
@FunctionalInterface
public interface MessageOutput {
  /** Sends a message. Blocks while the client's flow-control window is used up. */
  void send(EncodedMessage message);
}
