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
 * Which proxy leads to a server, as curl finds it in the environment: {@code http_proxy} for {@code
 * http://}, {@code https_proxy} for {@code https://}, else {@code all_proxy}, and none for the
 * hosts of {@code no_proxy}. Upper-case names count as well, but for {@code HTTP_PROXY}, which a
 * CGI request could set.
 *
 * <p>{@code no_proxy} is {@code *}, or a list apart by commas or blanks: a name stands for itself
 * and all below it, an address for itself, and an address with a prefix length, such as {@code
 * 10.0.0.0/8}, for a network.
 *
 * <p>gRPC over TLS goes through the same proxies by CONNECT. gRPC in clear text goes through none:
 * a proxy of {@code http_proxy} forwards requests of HTTP/1.
 */
public final class Proxies {
  /** No proxy, whatever the environment says. */
  public static final Proxies NONE = new Proxies(null, null, List.of());

  private static final int DEFAULT_PORT = 1080;

  static {
    // Read by the JDK's HTTP client when it is first used: a proxy gets a password for https, too.
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
   * The proxies of an environment.
   *
   * @throws IllegalArgumentException when a variable does not name a proxy that can be used; the
   *     message says which and what is expected
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
      // The same answer as for what is no proxy of HTTP.
    }
    throw new IllegalArgumentException(
        "%s is \"%s\"; only proxies such as http://proxy.example:3128 can be used, and no_proxy names the hosts that need none"
            .formatted(variable, text.replaceAll("//[^/@]*@", "//")));
  }

  /** The proxy that leads to an address; null for none. */
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
        return false; // A name: it is not looked up to compare it.
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

  /** Where to connect to; null: to the server itself. */
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

  /** The value of {@code Proxy-Authorization} for a server; empty for none. */
  public String authorization(URI target) {
    URI proxy = uri(target.getScheme(), target.getHost());
    return proxy == null || proxy.getUserInfo() == null
        ? ""
        : "Basic "
            + Base64.getEncoder()
                .encodeToString(proxy.getUserInfo().getBytes(StandardCharsets.UTF_8));
  }

  /** The same for the JDK's HTTP client. */
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
        // The call itself says so.
      }
    };
  }

  /** The same for gRPC; null for none. */
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

  /** Whether any of the proxies wants a password. */
  public boolean haveUsers() {
    return (http != null && http.getUserInfo() != null)
        || (https != null && https.getUserInfo() != null);
  }

  /** Names and passwords for the JDK's HTTP client. */
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

  /** Whom the proxy is told; null for nobody. */
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
