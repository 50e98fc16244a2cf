package dev.controlplane.client.http;

import dev.controlplane.client.Proxies;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** Opens connections to HTTP servers, through a proxy if there is one, and with TLS for https. */
final class Connections {
  private final Proxies proxies;
  private final Duration patience;

  /**
   * Creates the factory.
   *
   * @param patience the time limit for each step of opening a connection
   */
  Connections(Proxies proxies, Duration patience) {
    this.proxies = proxies;
    this.patience = patience;
  }

  /** Opens a connection for requests to this URL. */
  Socket open(URI uri) throws IOException {
    boolean tls = uri.getScheme().equalsIgnoreCase("https");
    String host = uri.getHost().replaceAll("^\\[|\\]$", "");
    int port = uri.getPort() >= 0 ? uri.getPort() : tls ? 443 : 80;
    InetSocketAddress proxy = proxies.address(uri);
    Socket socket =
        proxy == null ? connect(host, port) : connect(proxy.getHostString(), proxy.getPort());
    try {
      socket.setTcpNoDelay(true);
      if (!tls) {
        return socket;
      }
      socket.setSoTimeout((int) patience.toMillis());
      if (proxy != null) {
        tunnel(socket, uri, port);
      }
      Socket secured = secure(socket, host, port);
      secured.setSoTimeout(0);
      return secured;
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private Socket connect(String host, int port) throws IOException {
    IOException failure = null;
    for (InetAddress address : InetAddress.getAllByName(host)) {
      Socket socket = new Socket();
      try {
        socket.connect(new InetSocketAddress(address, port), (int) patience.toMillis());
        return socket;
      } catch (IOException e) {
        socket.close();
        failure = e;
      }
    }
    throw failure;
  }

  /** Opens a tunnel through a proxy (RFC 9110, section 9.3.6). */
  private void tunnel(Socket socket, URI uri, int port) throws IOException {
    String target = uri.getHost() + ":" + port;
    String authorization = proxies.authorization(uri);
    String head =
        "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n"
            .formatted(
                target,
                target,
                authorization.isEmpty() ? "" : "Proxy-Authorization: " + authorization + "\r\n");
    socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
    InputStream in = socket.getInputStream();
    HttpAnswer answer = HttpAnswer.ofConnect(in);
    if (answer.status() / 100 != 2) {
      throw new IOException("the proxy refused the connection with status " + answer.status());
    }
  }

  private static Socket secure(Socket socket, String host, int port) throws IOException {
    SSLSocket secured =
        (SSLSocket) trusted().getSocketFactory().createSocket(socket, host, port, true);
    SSLParameters parameters = secured.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secured.setSSLParameters(parameters);
    secured.startHandshake();
    return secured;
  }

  /** Read each time, like the HTTP client does, so that a changed default takes effect here too. */
  private static SSLContext trusted() throws IOException {
    try {
      return SSLContext.getDefault();
    } catch (NoSuchAlgorithmException e) {
      throw new IOException("TLS can't be used here: " + e.getMessage(), e);
    }
  }
}
