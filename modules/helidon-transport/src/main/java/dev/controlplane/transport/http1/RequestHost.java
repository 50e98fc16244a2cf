package dev.controlplane.transport.http1;

import io.helidon.common.socket.PeerInfo;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Checks the Host header of HTTP/1.1 requests: there must be exactly one, with a host and
 * optionally a port.
 */
final class RequestHost {
  private static final Pattern HOST =
      Pattern.compile(
          "(\\[[0-9A-Fa-f:.]+(%25[\\w.~-]+)?]|[\\w.~!$&'()*+,;=%-]+)(:[0-9]{0,5})?",
          Pattern.UNICODE_CASE);

  private static final HeaderName NAMELESS = HeaderNames.create("");

  /** The most characters of a malformed Host header that the answer quotes. */
  private static final int MOST_SHOWN = 80;

  private RequestHost() {}

  /** The address that a client connected to, in the form of a Host header. */
  static String of(PeerInfo local) {
    InetSocketAddress address = (InetSocketAddress) local.address();
    String host = address.getAddress().getHostAddress();
    int scope = host.indexOf('%');
    String literal = scope < 0 ? host : host.substring(0, scope);
    return (literal.contains(":") ? "[" + literal + "]" : literal) + ":" + address.getPort();
  }

  /**
   * Checks a request head.
   *
   * @throws RequestException 400 if its Host header is missing, repeated or malformed (RFC 9112,
   *     section 3.2), or a header has no name
   */
  static void requireIn(Headers headers) {
    if (headers.contains(NAMELESS)) {
      throw refusal("the request has a header without a name; expected: name: value");
    }
    List<String> hosts = headers.all(HeaderNames.HOST, List::of);
    if (hosts.size() != 1) {
      throw refusal(
          "the request has %s header Host; expected: one"
              .formatted(hosts.isEmpty() ? "no" : "more than one"));
    }
    if (!HOST.matcher(hosts.getFirst()).matches()) {
      throw refusal(
          "the header Host is \"%s\"; expected: a host, with or without a port"
              .formatted(printable(hosts.getFirst())));
    }
  }

  private static String printable(String host) {
    String start = host.length() > MOST_SHOWN ? host.substring(0, MOST_SHOWN) + "…" : host;
    return start.replaceAll("[^ -~…]", "?");
  }

  /** Creates a 400 whose message is sent to the client. */
  static RequestException refusal(String message) {
    return RequestException.builder()
        .type(DirectHandler.EventType.BAD_REQUEST)
        .status(Status.BAD_REQUEST_400)
        .setKeepAlive(false)
        .message(message)
        .safeMessage(true)
        .build();
  }
}
