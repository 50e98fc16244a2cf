package dev.controlplane.pprof.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * One HTTP request and its answer, as {@link PprofEndpoint} needs them. An adapter implements it
 * for one HTTP server. Only the thread that serves the request uses it.
 *
 * @since 0.1.0
 */
public interface Exchange {
  /** The method, such as {@code GET}. */
  String method();

  /**
   * The path as the client sent it: not decoded, not cleaned, without the query, and without the
   * {@link #prefix}.
   */
  String rawPath();

  /** The query as the client sent it, without {@code ?}; empty if there is none. */
  String rawQuery();

  /**
   * The part of the path in front of {@link #rawPath}, such as the context path of a web
   * application. Redirects begin with it.
   */
  default String prefix() {
    return "";
  }

  /**
   * The first value of a header of the request.
   *
   * @param name in any case
   */
  Optional<String> header(String name);

  /** The host and port that the client asked for: {@code Host} or {@code :authority}. */
  default String host() {
    return header("Host").orElse("");
  }

  /** The address at the other end of the connection; headers that claim another one don't count. */
  InetSocketAddress peer();

  /** The port at this end of the connection. */
  int localPort();

  /** The body of the request. */
  InputStream body() throws IOException;

  /**
   * Whether the client is still connected. Called about once a second while the client waits. By
   * default the kernel's tables tell, on Linux.
   */
  default Client client() {
    return Connections.client(peer(), localPort());
  }

  /**
   * What is known of a client's connection.
   *
   * @since 0.1.0
   */
  enum Client {
    /** It is established. */
    CONNECTED,
    /** The client has closed it. */
    GONE,
    /**
     * It is not listed: it was reset, or it can't be seen, as where a proxy's header replaced the
     * client's address. A client that was {@link #CONNECTED} before is gone; otherwise it counts as
     * connected.
     */
    UNKNOWN
  }

  /** Sets a header of the answer. Called before {@link #respond} only. */
  void setHeader(String name, String value);

  /**
   * Sends the head of the answer. Called once. For a {@code HEAD} request the answer tells the
   * length but has no body; nothing is written to the stream then.
   *
   * @param length bytes of the body; -1 if unknown
   * @return the stream for the body; closing it completes the answer
   */
  OutputStream respond(int status, long length) throws IOException;
}
