package dev.controlplane.transport.http2.connection;

import dev.controlplane.transport.http2.ConnectionOutput;
import dev.controlplane.transport.http2.Refusal;
import dev.controlplane.transport.http2.StreamGoneException;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpPrologue;
import io.helidon.http.Status;
import io.helidon.http.WritableHeaders;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2Settings;
import io.helidon.http.http2.Http2StreamState;
import io.helidon.http.http2.Http2StreamWriter;
import io.helidon.http.http2.StreamFlowControl;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.Router;
import io.helidon.webserver.http2.spi.Http2SubProtocolSelector;
import io.helidon.webserver.http2.spi.SubProtocolResult;
import java.nio.charset.StandardCharsets;

/**
 * Answers 413 to requests that have a body.
 *
 * <p>Why: in Helidon 4.5.0 a body that nobody reads blocks the connection's thread after 32 frames
 * ({@code Http2ServerStream.data}, {@code inboundData.put}), and with it all streams. A handler
 * that reads its body waits for ever if its connection is lost ({@code readEntityFromPipeline}).
 */
final class BodyRefusal implements Http2SubProtocolSelector {
  private static final byte[] ANSWER =
      """
      {"error":"too_large","message":"a request over HTTP/2 may have no body here; expected: none, \
      or HTTP/1.1"}\
      """
          .getBytes(StandardCharsets.UTF_8);

  @Override
  public SubProtocolResult subProtocol(
      ConnectionContext context,
      HttpPrologue prologue,
      Http2Headers headers,
      Http2StreamWriter writer,
      int streamId,
      Http2Settings serverSettings,
      Http2Settings clientSettings,
      StreamFlowControl flowControl,
      Http2StreamState state,
      Router router) {
    ConnectionOutput output = ((GuardedContext) context).output();
    try {
      if (!output.sender().hasBody(streamId)) {
        return NOT_SUPPORTED;
      }
    } catch (StreamGoneException e) {
      throw new CloseConnectionException("the stream is gone", e);
    }
    WritableHeaders<?> fields = WritableHeaders.create();
    fields.set(HeaderValues.CONTENT_TYPE_JSON);
    fields.set(HeaderNames.CONTENT_LENGTH, ANSWER.length);
    Http2Headers answer = Http2Headers.create(fields);
    answer.status(Status.REQUEST_ENTITY_TOO_LARGE_413);
    return new SubProtocolResult(
        true, new Refusal(streamId, writer, flowControl.outbound(), output, answer, ANSWER));
  }
}
