package dev.controlplane.server.http;

/**
 * Which route of the {@link Api} answers a request; in the request's context.
 *
 * @param pattern such as {@code /file/{filename}}
 */
public record MatchedRoute(String pattern) {}
