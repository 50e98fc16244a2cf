package dev.controlplane.transport.grpc;

import dev.controlplane.transport.status.GrpcError;
import io.grpc.Metadata;
import io.grpc.Status;

/**
 * The headers and trailers of a call's answer. Its monitor orders the end of the call: whoever
 * holds it decides what the last frame is.
 */
final class CallHeaders {
  private final HeaderWriter writer;
  private final ResponseCompression compression;
  private boolean sent;
  private boolean sentEarly;

  CallHeaders(HeaderWriter writer, ResponseCompression compression) {
    this.writer = writer;
    this.compression = compression;
  }

  boolean sent() {
    return sent;
  }

  /** Sends the headers now. The headers that the handler's observer sends later are dropped. */
  void sendEarly(ClientDeparture departure) {
    if (!sent) {
      send(new Metadata(), departure);
      sentEarly = true;
    }
  }

  /**
   * Sends the headers, unless the client is gone.
   *
   * @throws IllegalStateException if they were sent before
   */
  void send(Metadata metadata, ClientDeparture departure) {
    if (sentEarly) {
      sentEarly = false;
      return;
    }
    if (sent) {
      throw new IllegalStateException("headers are sent already");
    }
    synchronized (this) {
      sent = true;
      if (!departure.isNoted()) {
        writer.headers(ResponseHeaders.headers(metadata, compression.isGzip()));
      }
    }
  }

  /** Sends the end of the call: trailers, or headers that are all of the answer. */
  void trailers(Status told, Metadata metadata) {
    Status status = told;
    if (!told.isOk() && !metadata.containsKey(GrpcError.DETAILS)) {
      GrpcError error = GrpcError.of(told);
      status = error.status();
      metadata.merge(error.trailers());
    }
    writer.last(
        sent
            ? ResponseHeaders.trailers(status, metadata)
            : ResponseHeaders.trailersOnly(status, metadata));
  }
}
