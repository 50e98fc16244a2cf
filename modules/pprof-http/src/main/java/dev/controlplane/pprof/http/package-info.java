/**
 * {@code /debug/pprof/} over HTTP, served like Go's {@code net/http/pprof}, for any HTTP server.
 *
 * <p>{@link dev.controlplane.pprof.http.PprofEndpoint} answers requests. An adapter gives it each
 * request as an {@link dev.controlplane.pprof.http.Exchange}. The adapter for the JDK's {@code
 * com.sun.net.httpserver} is here; those for Helidon and for servlets are modules of their own.
 */
package dev.controlplane.pprof.http;
