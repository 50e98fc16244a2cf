package dev.controlplane.transport.grpc;

import dev.controlplane.transport.http2.ConnectionOutput;
import dev.controlplane.transport.http2.Refusal;
import dev.controlplane.transport.http2.connection.GuardedContext;
import dev.controlplane.transport.status.GrpcError;
import io.grpc.Status;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HttpPrologue;
import io.helidon.http.Method;
import io.helidon.http.WritableHeaders;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2Settings;
import io.helidon.http.http2.Http2StreamState;
import io.helidon.http.http2.Http2StreamWriter;
import io.helidon.http.http2.StreamFlowControl;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.Router;
import io.helidon.webserver.grpc.GrpcConfig;
import io.helidon.webserver.grpc.GrpcProtocolSelector;
import io.helidon.webserver.http2.spi.Http2SubProtocolSelector;
import io.helidon.webserver.http2.spi.SubProtocolResult;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * Chooses the handler for each request on a gRPC port: Helidon's gRPC, with a {@link StreamHandler}
 * around it.
 *
 * <p>A request that is not gRPC is answered 415 at once, as the gRPC protocol asks for. Helidon
 * 4.5.0 would serve it as HTTP: it answers 404 and then waits for the body ({@code
 * Http2ServerStream.readEntityFromPipeline}), for ever if the connection is lost.
 */
final class GrpcSelector implements Http2SubProtocolSelector {
  private static final String GRPC = "application/grpc";
  private static final HeaderName TIMEOUT = HeaderNames.create("grpc-timeout");
  private static final HeaderName ENCODING = HeaderNames.create("grpc-encoding");
  private static final HeaderName ACCEPT_ENCODING = HeaderNames.create("grpc-accept-encoding");

  private final Http2SubProtocolSelector grpc;
  private final GrpcStreams.Settings settings;

  GrpcSelector(GrpcStreams.Settings settings) {
    this.settings = settings;
    this.grpc = GrpcProtocolSelector.create(GrpcConfig.builder().enableCompression(false).build());
  }

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
    if (!prologue.method().equals(Method.POST) || !isGrpc(headers)) {
      Http2Headers answer = Http2Headers.create(WritableHeaders.create());
      answer.status(io.helidon.http.Status.UNSUPPORTED_MEDIA_TYPE_415);
      return refusal(streamId, writer, flowControl, output, answer);
    }
    Optional<String> malformed = RequestMetadata.malformed(headers.httpHeaders());
    if (malformed.isPresent()) {
      GrpcError error =
          GrpcError.of(
              Status.INTERNAL.withDescription(
                  "the metadata " + malformed.get() + " is malformed; expected: base64"),
              "MALFORMED_METADATA");
      return refusal(streamId, writer, flowControl, output, ResponseHeaders.trailersOnly(error));
    }
    String timeout = headers.httpHeaders().first(TIMEOUT).orElse(null);
    Duration limit = null;
    if (timeout != null) {
      Optional<Duration> parsed = Deadline.parse(timeout);
      if (parsed.isEmpty()) {
        GrpcError error =
            GrpcError.of(
                Status.INTERNAL.withDescription(
                    "grpc-timeout is malformed; expected: one to eight digits and H, M, S, m, u"
                        + " or n"),
                "MALFORMED_TIMEOUT");
        return refusal(streamId, writer, flowControl, output, ResponseHeaders.trailersOnly(error));
      }
      limit = parsed.get();
    }
    SubProtocolResult result =
        grpc.subProtocol(
            context,
            prologue,
            RequestMetadata.readable(headers),
            new UnknownMethod(writer, prologue.uriPath().rawPath()),
            streamId,
            serverSettings,
            clientSettings,
            flowControl,
            state,
            router);
    if (!result.supported()) {
      return result;
    }
    StreamHandler handler =
        new StreamHandler(
            output,
            writer,
            new InboundMessages(
                settings.maxInboundMessage(),
                headers.httpHeaders().first(ENCODING).orElse("identity"),
                ((GuardedContext) context).inbound()),
            limit,
            new ResponseCompression(acceptsGzip(headers), settings.compressResponses()),
            context.remotePeer().address());
    handler.attach(streamId, result.subProtocol(), settings.maxStreamsPerConnection());
    return new SubProtocolResult(true, handler);
  }

  private static SubProtocolResult refusal(
      int streamId,
      Http2StreamWriter writer,
      StreamFlowControl window,
      ConnectionOutput output,
      Http2Headers answer) {
    return new SubProtocolResult(
        true, new Refusal(streamId, writer, window.outbound(), output, answer, new byte[0]));
  }

  private static boolean acceptsGzip(Http2Headers headers) {
    return headers.httpHeaders().contains(ACCEPT_ENCODING)
        && headers.httpHeaders().get(ACCEPT_ENCODING).allValues().stream()
            .flatMap(value -> Arrays.stream(value.split(",")))
            .anyMatch(encoding -> encoding.strip().equals("gzip"));
  }

  /**
   * Whether the content type is {@code application/grpc}, alone or followed by a message type or
   * parameters.
   */
  private static boolean isGrpc(Http2Headers headers) {
    String type = headers.httpHeaders().first(HeaderNames.CONTENT_TYPE).orElse("");
    return type.equals(GRPC) || type.startsWith(GRPC + "+") || type.startsWith(GRPC + ";");
  }
}
