package dev.controlplane.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxiesTest {
  private static InetSocketAddress address(Map<String, String> environment, String target) {
    return Proxies.of(environment).address(URI.create(target));
  }

  @ParameterizedTest
  @CsvSource({
    "http_proxy, http://h/, true",
    "http_proxy, https://h/, false",
    "HTTP_PROXY, http://h/, false",
    "https_proxy, https://h/, true",
    "HTTPS_PROXY, https://h/, true",
    "https_proxy, http://h/, false",
    "all_proxy, http://h/, true",
    "ALL_PROXY, https://h/, true",
  })
  void aVariableIsForItsScheme(String variable, String target, boolean used) {
    InetSocketAddress found = address(Map.of(variable, "http://127.0.0.9:3128"), target);
    assertEquals(used ? "/127.0.0.9:3128" : null, found == null ? null : found.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "*, h, true",
    "'a, h', h, true",
    "example.com, example.com, true",
    "example.com, api.example.com, true",
    ".example.com, example.com, true",
    "*.example.com, api.example.com, true",
    "EXAMPLE.com, Api.Example.COM, true",
    "example.com, badexample.com, false",
    "10.0.0.0/8, 10.200.3.4, true",
    "10.0.0.0/8, 11.0.0.1, false",
    "192.168.0.0/23, 192.168.1.9, true",
    "192.168.0.0/23, 192.168.2.9, false",
    "10.0.0.0/8, ten.example, false",
    "10.0.0.0/99, 10.0.0.1, false",
    "::1, [::1], true",
    "fd00::/8, [fd12::1], true",
    "fd00::/8, 10.0.0.1, false",
    "'', h, false"
  })
  void noProxyNamesHostsDomainsAndNetworks(String none, String host, boolean direct) {
    Map<String, String> environment = Map.of("http_proxy", "127.0.0.9", "no_proxy", none);
    InetSocketAddress found = address(environment, "http://" + host + ":8080/");
    if (direct) {
      assertNull(found);
    } else {
      assertEquals("/127.0.0.9:1080", String.valueOf(found));
    }
  }

  @Test
  void onlyGrpcOverTlsGoesThroughAProxy() {
    Proxies proxies = Proxies.of(Map.of("all_proxy", "http://me:p@127.0.0.9:1"));
    InetSocketAddress target = InetSocketAddress.createUnresolved("h", 50_051);
    assertNull(proxies.detected(GrpcAddress.parse("h"), target));
    assertNotNull(proxies.detected(GrpcAddress.parse("https://h"), target));
  }
}
