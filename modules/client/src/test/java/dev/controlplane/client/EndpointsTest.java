package dev.controlplane.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointsTest {
  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:8080, http://127.0.0.1:8080",
    "http://host/, http://host",
    "https://host/control/plane//, https://host/control/plane",
    "http://[::1]:80, http://[::1]:80",
  })
  void aBaseUrlLosesTheSlashAtItsEnd(String text, String url) {
    assertEquals(url, Endpoints.httpUrl(text).toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "host",
        "host:80",
        "ftp://host",
        "http://",
        "http:///x",
        "http://u:p@host",
        "http://host?x",
        "http://host#x",
        "http://host:0",
        "http://host:65536",
        "http://h ost"
      })
  void whatIsNoBaseUrlIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> Endpoints.httpUrl(text));
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.7:9, 10.0.0.7, 9, false, 10.0.0.7:9",
    "host, host, 50051, false, host:50051",
    "http://host:1/, host, 1, false, host:1",
    "https://host:443, host, 443, true, https://host:443",
    "[::1]:65535, ::1, 65535, false, [::1]:65535"
  })
  void aGrpcAddressIsReadWithAndWithoutScheme(
      String text, String host, int port, boolean tls, String shown) {
    GrpcAddress address = GrpcAddress.parse(text);
    assertEquals(new GrpcAddress(host, port, tls), address);
    assertEquals(shown, address.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":1", "host:0", "host:65536", "host:x", "tcp://host:1", "host/x"})
  void whatIsNoGrpcAddressIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> GrpcAddress.parse(text));
  }
}
