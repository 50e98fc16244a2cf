package dev.controlplane.pprof.http;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;

/** Decides who may read profiles. */
sealed interface Gate {
  /** Returns empty if the request is allowed, otherwise the refusal. */
  Optional<Refusal> check(Exchange exchange);

  /** The answer to a refused request. */
  record Refusal(int status, String text, boolean challenge) {}

  /**
   * The gate for an access.
   *
   * @param token used by {@link Access#TOKEN} only
   */
  static Gate of(Access access, String token) {
    return switch (access) {
      case LOOPBACK, OFF -> new Loopback();
      case ALL -> new Open();
      case TOKEN -> new Token(token);
    };
  }

  /** Allows everyone. */
  record Open() implements Gate {
    @Override
    public Optional<Refusal> check(Exchange exchange) {
      return Optional.empty();
    }
  }

  /**
   * Allows clients on this machine, but not web pages of other sites in a browser on this machine.
   * Such a page could use a name of its own that resolves to 127.0.0.1 (DNS rebinding), or a
   * cross-site request.
   */
  record Loopback() implements Gate {
    private static final Refusal NOT_LOCAL = new Refusal(403, "pprof: loopback only", false);
    private static final Refusal FOREIGN_PAGE =
        new Refusal(
            403,
            "pprof: loopback only, and not for web pages of other sites; open it as localhost",
            false);

    @Override
    public Optional<Refusal> check(Exchange exchange) {
      if (!isLoopback(exchange.peer())) {
        return Optional.of(NOT_LOCAL);
      }
      return couldBeRebound(exchange.host()) || isForeignPage(exchange)
          ? Optional.of(FOREIGN_PAGE)
          : Optional.empty();
    }

    /** {@link InetAddress} treats an IPv4 address mapped into IPv6 as IPv4. */
    private static boolean isLoopback(InetSocketAddress peer) {
      return peer.getAddress() != null && peer.getAddress().isLoopbackAddress();
    }

    /**
     * Whether a stranger could own the name: it has a dot, is not an address, and is not below
     * {@code localhost}.
     */
    private static boolean couldBeRebound(String hostAndPort) {
      String host = withoutPort(hostAndPort).toLowerCase(Locale.ROOT);
      host = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
      return host.contains(".")
          && !host.endsWith(".localhost")
          && !host.startsWith("[")
          && !host.matches("\\d+(\\.\\d+){3}");
    }

    private static String withoutPort(String hostAndPort) {
      int colon = hostAndPort.lastIndexOf(':');
      return colon > hostAndPort.lastIndexOf(']') ? hostAndPort.substring(0, colon) : hostAndPort;
    }

    /**
     * Whether a page of another site makes the request. Following a link is allowed: the page with
     * the link can't read the answer.
     */
    private static boolean isForeignPage(Exchange exchange) {
      boolean otherSite =
          exchange
              .header("Sec-Fetch-Site")
              .filter(site -> site.equals("cross-site") || site.equals("same-site"))
              .isPresent();
      return otherSite && exchange.header("Sec-Fetch-Mode").filter("navigate"::equals).isEmpty();
    }
  }

  /**
   * Allows clients that send the token, either as {@code Authorization: Bearer TOKEN} or as the
   * password of {@code Authorization: Basic}, which {@code go tool pprof http://:TOKEN@host/…}
   * sends. A token in the query is not accepted, because it would end up in logs.
   */
  final class Token implements Gate {
    private static final Refusal REFUSED =
        new Refusal(
            401, "pprof: needs the token, as Authorization: Bearer or Basic password", true);

    private final byte[] digest;

    Token(String token) {
      digest = digest(token);
    }

    @Override
    public Optional<Refusal> check(Exchange exchange) {
      return exchange
              .header("Authorization")
              .flatMap(Token::presented)
              .filter(this::matches)
              .isPresent()
          ? Optional.empty()
          : Optional.of(REFUSED);
    }

    private static Optional<String> presented(String authorization) {
      String[] parts = authorization.strip().split(" +", 2);
      if (parts.length < 2) {
        return Optional.empty();
      }
      return switch (parts[0].toLowerCase(Locale.ROOT)) {
        case "bearer" -> Optional.of(parts[1]);
        case "basic" -> password(parts[1]);
        default -> Optional.empty();
      };
    }

    private static Optional<String> password(String credentials) {
      try {
        byte[] decoded = Base64.getDecoder().decode(credentials);
        String userAndPassword = new String(decoded, StandardCharsets.UTF_8);
        int colon = userAndPassword.indexOf(':');
        return colon < 0 ? Optional.empty() : Optional.of(userAndPassword.substring(colon + 1));
      } catch (IllegalArgumentException e) {
        return Optional.empty();
      }
    }

    /** Compares digests, so that the time taken reveals neither the token nor its length. */
    private boolean matches(String presented) {
      return MessageDigest.isEqual(digest, digest(presented));
    }

    private static byte[] digest(String text) {
      try {
        return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JVM has SHA-256", e);
      }
    }
  }
}
