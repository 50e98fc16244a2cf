package dev.controlplane.transport.http2;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.http2.FlowControl;
import io.helidon.http.http2.Http2Flag;
import io.helidon.http.http2.Http2FrameData;
import io.helidon.http.http2.Http2FrameHeader;
import io.helidon.http.http2.Http2FrameTypes;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2RstStream;
import io.helidon.http.http2.Http2StreamState;
import io.helidon.http.http2.Http2StreamWriter;
import io.helidon.http.http2.Http2WindowUpdate;
import io.helidon.webserver.http2.spi.Http2SubProtocolSelector.SubProtocolHandler;

/**
 * Answers a request at once. The rest of the request is ignored.
 *
 * @param headers of the answer
 * @param body of the answer; may be empty
 */
@SuppressWarnings("ArrayRecordComponent")
public record Refusal(
    int streamId,
    Http2StreamWriter writer,
    FlowControl.Outbound window,
    ConnectionOutput output,
    Http2Headers headers,
    byte[] body)
    implements SubProtocolHandler {

  @Override
  public void init() {
    output.handover().detach(streamId);
    if (body.length == 0) {
      writer.writeHeaders(
          headers,
          streamId,
          Http2Flag.HeaderFlags.create(Http2Flag.END_OF_HEADERS | Http2Flag.END_OF_STREAM),
          window);
      return;
    }
    writer.writeHeaders(
        headers,
        streamId,
        Http2Flag.HeaderFlags.create(Http2Flag.END_OF_HEADERS),
        new Http2FrameData(
            Http2FrameHeader.create(
                body.length,
                Http2FrameTypes.DATA,
                Http2Flag.DataFlags.create(Http2Flag.END_OF_STREAM),
                streamId),
            BufferData.create(body)),
        window);
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
