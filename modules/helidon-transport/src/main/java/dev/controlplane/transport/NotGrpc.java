package dev.controlplane.transport;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.Status;
import io.helidon.http.WritableHeaders;
import io.helidon.http.http2.FlowControl;
import io.helidon.http.http2.Http2Flag;
import io.helidon.http.http2.Http2FrameHeader;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2RstStream;
import io.helidon.http.http2.Http2StreamState;
import io.helidon.http.http2.Http2StreamWriter;
import io.helidon.http.http2.Http2WindowUpdate;
import io.helidon.webserver.http2.spi.Http2SubProtocolSelector.SubProtocolHandler;

/**
 * Answers a request that is not gRPC with 415 at once, as the protocol asks for.
 *
 * <p>Helidon 4.5.0 serves it as HTTP: it answers 404 and then waits for the body ({@code
 * Http2ServerStream.readEntityFromPipeline}), for ever once the connection is lost.
 */
record NotGrpc(int streamId, Http2StreamWriter writer, ConnectionOutput output)
    implements SubProtocolHandler {

  @Override
  public void init() {
    output.detach(streamId);
    Http2Headers headers = Http2Headers.create(WritableHeaders.create());
    headers.status(Status.UNSUPPORTED_MEDIA_TYPE_415);
    writer.writeHeaders(
        headers,
        streamId,
        Http2Flag.HeaderFlags.create(Http2Flag.END_OF_HEADERS | Http2Flag.END_OF_STREAM),
        FlowControl.Outbound.NOOP);
  }

  @Override
  public Http2StreamState streamState() {
    return Http2StreamState.CLOSED;
  }

  @Override
  public void rstStream(Http2RstStream rstStream) {}

  @Override
  public void windowUpdate(Http2WindowUpdate update) {}

  @Override
  public void data(Http2FrameHeader header, BufferData data) {}
}
