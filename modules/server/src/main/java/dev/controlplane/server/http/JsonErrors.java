package dev.controlplane.server.http;

import dev.controlplane.transport.http1.TimedConnection;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;

/** Gives the errors that Helidon answers itself the same JSON body as those of the API. */
public final class JsonErrors implements DirectHandler {
  private static final Status HEAD_TOO_LARGE =
      Status.create(431, "Request Header Fields Too Large");

  public static DirectHandlers handlers() {
    DirectHandlers.Builder handlers = DirectHandlers.builder();
    for (EventType type : EventType.values()) {
      handlers.addHandler(type, new JsonErrors());
    }
    return handlers.build();
  }

  /** Logs errors of this process before answering, because Helidon would not. */
  @Override
  public TransportResponse handle(
      TransportRequest request,
      EventType type,
      Status status,
      ServerResponseHeaders headers,
      Throwable thrown,
      System.Logger logger) {
    if (thrown.getCause() instanceof Error error) {
      logger.log(
          System.Logger.Level.ERROR, "a request failed before it reached its handler", error);
    }
    return DirectHandler.super.handle(request, type, status, headers, thrown, logger);
  }

  @Override
  public TransportResponse handle(
      TransportRequest request,
      EventType type,
      Status status,
      ServerResponseHeaders headers,
      String message) {
    if (type == EventType.INTERNAL_ERROR
        && request.path().isEmpty()
        && TimedConnection.isReadingHead()) {
      // Helidon uses this event for a head that is not HTTP, and would log a warning.
      return handle(request, EventType.BAD_REQUEST, Status.BAD_REQUEST_400, headers, message);
    }
    if (status.code() == 400 && TimedConnection.isHeadTooLarge()) {
      return answer(
          request,
          type,
          HEAD_TOO_LARGE,
          headers,
          "head_too_large",
          "the headers of the request are too large; expected: at most %d bytes"
              .formatted(TimedConnection.MOST_OF_HEAD));
    }
    String text =
        switch (status.code()) {
          case 400 ->
              TimedConnection.refusal()
                  .orElse(
                      "the head of the request is malformed; expected: HTTP/1.1 as in RFC 9112");
          case 404 -> "nothing is at " + request.path() + "; expected: a path of this server's API";
          case 414 -> "the request line is too long; expected: at most 4095 bytes";
          default -> status.reasonPhrase();
        };
    return answer(request, type, status, headers, Api.errorCode(status), text);
  }

  private static TransportResponse answer(
      TransportRequest request,
      EventType type,
      Status status,
      ServerResponseHeaders headers,
      String code,
      String text) {
    headers.set(HeaderNames.CONTENT_TYPE, "application/json");
    byte[] body = Json.bytes(new Json.Failure(code, text));
    TransportResponse.Builder response =
        TransportResponse.builder().status(status).headers(headers).keepAlive(type.keepAlive());
    if (request.method().equals("HEAD")) {
      headers.contentLength(body.length);
      return response.build();
    }
    return response.entity(body).build();
  }
}
