package dev.controlplane.client;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Locale;
import javax.net.ssl.SSLException;

/** No connection could be made, or it ended before the answer was complete. */
public final class UnreachableException extends ControlPlaneException {
  private static final long serialVersionUID = 1L;

  private static final String NO_CONNECTION = "no connection within the time limit";

  private final String address;

  public UnreachableException(Server server, String address, String problem, Throwable cause) {
    super(server, "%s at %s: %s".formatted(server, address, problem), cause);
    this.address = address;
  }

  public UnreachableException(Server server, String address, Throwable cause) {
    this(server, address, problem(cause), cause);
  }

  /** The base URL or address that was tried. */
  public String address() {
    return address;
  }

  /** Describes a network failure in a few words, independent of the library that reported it. */
  public static String problem(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      // Searched first: the JDK's HTTP client wraps it in a connection failure.
      if (t instanceof UnknownHostException || t instanceof UnresolvedAddressException) {
        return "unknown host";
      }
    }
    String last = null;
    for (Throwable t = failure; t != null; t = t.getCause()) {
      String known = known(t);
      if (known != null) {
        return known;
      }
      if (t.getMessage() != null && !t.getMessage().isBlank()) {
        last = t.getMessage().lines().findFirst().orElse(last);
      }
    }
    return last == null ? failure.getClass().getSimpleName() : last;
  }

  private static String known(Throwable failure) {
    String text = failure.getMessage() == null ? "" : failure.getMessage();
    return switch (failure) {
      case HttpConnectTimeoutException _ -> NO_CONNECTION;
      case SocketTimeoutException _ -> NO_CONNECTION;
      case NoRouteToHostException _ -> "no route to the host";
      case ConnectException _ when text.isEmpty() || text.contains("Connection refused") ->
          "connection refused";
      case ConnectException _ when text.contains("timed out") -> NO_CONNECTION;
      case CertificateExpiredException _ -> "TLS: the server's certificate has expired: " + text;
      case CertificateNotYetValidException _ ->
          "TLS: the server's certificate is not valid yet (is the clock right?): " + text;
      case CertPathBuilderException _ ->
          "TLS: the server's certificate comes from an authority that is not trusted here";
      case CertificateException _ when failure.getCause() == null ->
          "TLS: the server's certificate is not for this host: " + text;
      case SSLException _ when text.toLowerCase(Locale.ROOT).contains("unrecognized ssl message") ->
          "TLS: the server does not speak it there; is the address one of http://?";
      case SSLException _ when failure.getCause() == null -> "TLS: " + text;
      case IOException _ when text.contains("header parser received no bytes") ->
          "the connection was closed without an answer";
      case IOException _ when text.contains("EOF reached while reading") ->
          "the connection was closed in the middle of the answer";
      case IOException _ when text.contains("Invalid status line") ->
          "what answers there does not speak HTTP";
      default -> null;
    };
  }
}
