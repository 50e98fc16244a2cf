package dev.controlplane.client.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UrlPathTest {
  @ParameterizedTest
  @CsvSource({
    "a?b, /a%3Fb",
    "a#b, /a%23b",
    "100%, /100%25",
    "%2F, /%252F",
    "a b, /a%20b",
    "a;b=c, /a%3Bb%3Dc",
    "a+b&c, /a%2Bb%26c",
    "@x:y, /%40x%3Ay",
    "ü, /%C3%BC",
    "😀, /%F0%9F%98%80",
    "A-z_0.9~, /A-z_0.9~"
  })
  void aNameIsOneSegmentWhateverItsCharacters(String name, String path) {
    assertEquals(path, UrlPath.of(name));
    assertEquals("/" + name, URI.create("http://host" + path).getPath());
  }

  @Test
  void aHeaderIsDecodedAndAPlusStaysAPlus() {
    assertEquals("ü+1", UrlPath.decoded("%C3%BC+1"));
    assertEquals("1.0.0", UrlPath.decoded("1.0.0"));
    assertEquals("100%", UrlPath.decoded("100%"));
  }
}
