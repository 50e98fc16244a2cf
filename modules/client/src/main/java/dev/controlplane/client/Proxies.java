package dev.controlplane.client;

import io.grpc.HttpConnectProxiedSocketAddress;
import io.grpc.ProxiedSocketAddress;
import java.io.IOException;
import java.net.Authenticator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The proxies for servers, from the environment variables that curl uses: {@code http_proxy} for
 * {@code http://}, {@code https_proxy} for {@code https://}, otherwise {@code all_proxy}; none for
 * the hosts in {@code no_proxy}. Upper-case names work too, except {@code HTTP_PROXY}, which a CGI
 * request could set.
 *
 * <p>{@code no_proxy} is {@code *} or a list separated by commas or blanks. A name matches itself
 * and all names below it, an address matches itself, and an address with a prefix length, such as
 * {@code 10.0.0.0/8}, matches a network.
 *
 * <p>gRPC over TLS uses the same proxies, through CONNECT. gRPC in cleartext uses none, because
 * {@code http_proxy} forwards only HTTP/1 requests.
 */
public final class Proxies {
  /** No proxy, whatever the environment says. */
  public static final Proxies NONE = new Proxies(null, null, List.of());

  private static final int DEFAULT_PORT = 1080;

  static {
    // Allows passwords for proxies of https URLs too. The JDK's HTTP client reads this when it is
    // first used.
    String property = "jdk.http.auth.tunneling.disabledSchemes";
    if (System.getProperty(property) == null) {
      System.setProperty(property, "");
    }
  }

  private final URI http;
  private final URI https;
  private final List<String> direct;

  private Proxies(URI http, URI https, List<String> direct) {
    this.http = http;
    this.https = https;
    this.direct = List.copyOf(direct);
  }

  /**
   * Reads the proxies of an environment.
   *
   * @throws IllegalArgumentException if a variable does not name a usable proxy; the message says
   *     which, and what is expected
   */
  public static Proxies of(Map<String, String> environment) {
    String all = first(environment, "all_proxy", "ALL_PROXY");
    String http = first(environment, "http_proxy");
    String https = first(environment, "https_proxy", "HTTPS_PROXY");
    String none = first(environment, "no_proxy", "NO_PROXY");
    List<String> direct = new ArrayList<>();
    for (String entry : none.split("[,\\s]+", -1)) {
      String host = entry.toLowerCase(Locale.ROOT).replaceAll("^\\*?\\.", "");
      if (!host.isEmpty()) {
        direct.add(host);
      }
    }
    return new Proxies(
        proxy(http.isEmpty() ? "all_proxy" : "http_proxy", http.isEmpty() ? all : http),
        proxy(https.isEmpty() ? "all_proxy" : "https_proxy", https.isEmpty() ? all : https),
        direct);
  }

  private static String first(Map<String, String> environment, String... names) {
    for (String name : names) {
      String value = environment.getOrDefault(name, "").strip();
      if (!value.isEmpty()) {
        return value;
      }
    }
    return "";
  }

  private static URI proxy(String variable, String text) {
    if (text.isEmpty()) {
      return null;
    }
    try {
      URI uri = URI.create(text.contains("://") ? text : "http://" + text);
      if (uri.getScheme().equalsIgnoreCase("http") && uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // Reported below, like a proxy that is not HTTP.
    }
    throw new IllegalArgumentException(
        "%s is \"%s\"; only proxies such as http://proxy.example:3128 can be used, and no_proxy names the hosts that need none"
            .formatted(variable, text.replaceAll("//[^/@]*@", "//")));
  }

  /** Returns the proxy for an address; null for none. */
  private URI uri(String scheme, String host) {
    URI proxy = scheme.equalsIgnoreCase("https") ? https : http;
    return proxy == null || isDirect(host) ? null : proxy;
  }

  private boolean isDirect(String host) {
    String name = host.toLowerCase(Locale.ROOT).replaceAll("^\\[|\\]$|\\.$", "");
    for (String entry : direct) {
      if (entry.equals("*")
          || name.equals(entry)
          || name.endsWith("." + entry)
          || (entry.contains("/") && isInNetwork(name, entry))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isInNetwork(String host, String network) {
    try {
      if (!host.matches("[0-9.]+|[0-9a-f:.]*:[0-9a-f:.]*")) {
        return false; // a name; it is not resolved only for this comparison
      }
      int slash = network.indexOf('/');
      byte[] address = InetAddress.getByName(host).getAddress();
      byte[] base = InetAddress.getByName(network.substring(0, slash)).getAddress();
      int bits = Integer.parseInt(network.substring(slash + 1));
      if (address.length != base.length || bits < 0 || bits > 8 * base.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit++) {
        int mask = 0x80 >> bit % 8;
        if ((address[bit / 8] & mask) != (base[bit / 8] & mask)) {
          return false;
        }
      }
      return true;
    } catch (UnknownHostException | NumberFormatException e) {
      return false;
    }
  }

  /** Returns the address of the proxy for a server; null to connect directly. */
  public InetSocketAddress address(URI target) {
    URI proxy = uri(target.getScheme(), target.getHost());
    return proxy == null ? null : address(proxy, true);
  }

  private static InetSocketAddress address(URI proxy, boolean resolved) {
    int port = proxy.getPort() < 0 ? DEFAULT_PORT : proxy.getPort();
    return resolved
        ? new InetSocketAddress(proxy.getHost(), port)
        : InetSocketAddress.createUnresolved(proxy.getHost(), port);
  }

  /** Returns the value of {@code Proxy-Authorization} for a server; empty for none. */
  public String authorization(URI target) {
    URI proxy = uri(target.getScheme(), target.getHost());
    return proxy == null || proxy.getUserInfo() == null
        ? ""
        : "Basic "
            + Base64.getEncoder()
                .encodeToString(proxy.getUserInfo().getBytes(StandardCharsets.UTF_8));
  }

  /** The proxies for the JDK's HTTP client. */
  public ProxySelector selector() {
    return new ProxySelector() {
      @Override
      public List<Proxy> select(URI target) {
        URI proxy = uri(target.getScheme(), target.getHost());
        return List.of(
            proxy == null ? Proxy.NO_PROXY : new Proxy(Proxy.Type.HTTP, address(proxy, false)));
      }

      @Override
      public void connectFailed(URI target, SocketAddress address, IOException failure) {
        // The call itself reports it.
      }
    };
  }

  /** Returns the proxy for gRPC; null for none. */
  public ProxiedSocketAddress detected(GrpcAddress server, SocketAddress target) {
    URI proxy = server.tls() ? uri("https", server.host()) : null;
    if (proxy == null || !(target instanceof InetSocketAddress address)) {
      return null;
    }
    HttpConnectProxiedSocketAddress.Builder builder =
        HttpConnectProxiedSocketAddress.newBuilder()
            .setTargetAddress(address)
            .setProxyAddress(address(proxy, true));
    PasswordAuthentication user = user(proxy);
    return user == null
        ? builder.build()
        : builder
            .setUsername(user.getUserName())
            .setPassword(String.valueOf(user.getPassword()))
            .build();
  }

  /** Whether a proxy needs a password. */
  public boolean haveUsers() {
    return (http != null && http.getUserInfo() != null)
        || (https != null && https.getUserInfo() != null);
  }

  /** The proxies' user names and passwords for the JDK's HTTP client. */
  public Authenticator authenticator() {
    return new Authenticator() {
      @Override
      protected PasswordAuthentication getPasswordAuthentication() {
        for (URI proxy : List.of(http == null ? https : http, https == null ? http : https)) {
          if (getRequestorType() == RequestorType.PROXY
              && proxy.getHost().equalsIgnoreCase(getRequestingHost())
              && address(proxy, false).getPort() == getRequestingPort()) {
            return user(proxy);
          }
        }
        return null;
      }
    };
  }

  /** The user name and password of a proxy; null for none. */
  private static PasswordAuthentication user(URI proxy) {
    String user = proxy.getUserInfo();
    if (user == null) {
      return null;
    }
    int colon = user.indexOf(':');
    String password = colon < 0 ? "" : user.substring(colon + 1);
    return new PasswordAuthentication(
        colon < 0 ? user : user.substring(0, colon), password.toCharArray());
  }
}
