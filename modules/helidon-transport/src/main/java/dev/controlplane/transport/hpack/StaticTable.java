package dev.controlplane.transport.hpack;

import java.util.List;

/** The static table of HPACK (RFC 7541, appendix A). Indexes start at 1. */
final class StaticTable {
  static final int SIZE = 61;

  private static final String[] ENTRIES = {
    ":authority",
    ":method GET",
    ":method POST",
    ":path /",
    ":path /index.html",
    ":scheme http",
    ":scheme https",
    ":status 200",
    ":status 204",
    ":status 206",
    ":status 304",
    ":status 400",
    ":status 404",
    ":status 500",
    "accept-charset",
    "accept-encoding gzip, deflate",
    "accept-language",
    "accept-ranges",
    "accept",
    "access-control-allow-origin",
    "age",
    "allow",
    "authorization",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "etag",
    "expect",
    "expires",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "link",
    "location",
    "max-forwards",
    "proxy-authenticate",
    "proxy-authorization",
    "range",
    "referer",
    "refresh",
    "retry-after",
    "server",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "user-agent",
    "vary",
    "via",
    "www-authenticate"
  };

  private static final List<String> NAMES =
      List.of(ENTRIES).stream().map(entry -> entry.split(" ", 2)[0]).toList();
  private static final List<String> VALUES =
      List.of(ENTRIES).stream()
          .map(entry -> entry.contains(" ") ? entry.split(" ", 2)[1] : "")
          .toList();

  private StaticTable() {}

  static String name(int index) {
    return NAMES.get(index - 1);
  }

  static String value(int index) {
    return VALUES.get(index - 1);
  }

  /** The first index of a name; 0 if the table does not have it. */
  static int indexOf(String name) {
    return NAMES.indexOf(name) + 1;
  }
}
