package dev.controlplane.transport.grpc;

import dev.controlplane.transport.status.GrpcError;
import io.grpc.Status;
import io.helidon.http.http2.FlowControl;
import io.helidon.http.http2.Http2Flag;
import io.helidon.http.http2.Http2FrameData;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2StreamWriter;

/**
 * Answers a call of an unknown method with UNIMPLEMENTED, as gRPC requires.
 *
 * <p>Helidon 4.5.0 ({@code GrpcProtocolHandlerNotFound}) answers with HTTP status 404 and gRPC
 * status 5, NOT_FOUND, which looks like an answer of the method. This class replaces that answer on
 * its way out.
 */
final class UnknownMethod implements Http2StreamWriter {
  private final Http2StreamWriter writer;
  private final String path;

  /**
   * @param writer that Helidon would write to
   * @param path of the call: {@code /package.Service/Method}
   */
  UnknownMethod(Http2StreamWriter writer, String path) {
    this.writer = writer;
    this.path = path;
  }

  @Override
  public int writeHeaders(
      Http2Headers headers,
      int streamId,
      Http2Flag.HeaderFlags flags,
      FlowControl.Outbound flowControl) {
    if (!headers.status().equals(io.helidon.http.Status.NOT_FOUND_404)) {
      return writer.writeHeaders(headers, streamId, flags, flowControl);
    }
    GrpcError error =
        GrpcError.of(
            Status.UNIMPLEMENTED.withDescription("unknown method " + path), "UNKNOWN_METHOD");
    return writer.writeHeaders(ResponseHeaders.trailersOnly(error), streamId, flags, flowControl);
  }

  @Override
  public int writeHeaders(
      Http2Headers headers,
      int streamId,
      Http2Flag.HeaderFlags flags,
      Http2FrameData dataFrame,
      FlowControl.Outbound flowControl) {
    return writer.writeHeaders(headers, streamId, flags, dataFrame, flowControl);
  }

  @Override
  public void write(Http2FrameData frame) {
    writer.write(frame);
  }

  @Override
  public void writeData(Http2FrameData frame, FlowControl.Outbound flowControl) {
    writer.writeData(frame, flowControl);
  }
}
