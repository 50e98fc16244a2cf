package dev.controlplane.client.http;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An HTTP/1.1 answer, parsed from the wire (RFC 9112).
 *
 * @param body as much of it as the limit allows, or as arrived before the connection broke
 */
record HttpAnswer(int status, String body) {
  private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] (\\d{3})(?: .*)?");
  private static final int MAX_LINE = 64 * 1024;
  private static final int MAX_BODY = 1024 * 1024;

  /** Reads the final answer. For each interim answer (100, 103) it runs {@code interim}. */
  static HttpAnswer read(InputStream in, Runnable interim) throws IOException {
    while (true) {
      int status = status(in);
      Map<String, String> headers = headers(in);
      if (status / 100 != 1) {
        return new HttpAnswer(status, body(in, status, headers));
      }
      interim.run();
    }
  }

  /** Reads the answer to CONNECT, whose success has no body. */
  static HttpAnswer ofConnect(InputStream in) throws IOException {
    int status = status(in);
    headers(in);
    return new HttpAnswer(status, "");
  }

  private static int status(InputStream in) throws IOException {
    String line = line(in);
    Matcher matcher = STATUS_LINE.matcher(line);
    if (!matcher.matches()) {
      throw new IOException("the answer is not HTTP/1.1");
    }
    return Integer.parseInt(matcher.group(1));
  }

  private static Map<String, String> headers(InputStream in) throws IOException {
    Map<String, String> headers = new HashMap<>();
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
    }
    return headers;
  }

  private static String body(InputStream in, int status, Map<String, String> headers) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    if (status == 204 || status == 304) {
      return "";
    }
    try {
      String length = headers.get("content-length");
      if (headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
        for (long chunk = chunk(in); chunk > 0; chunk = chunk(in)) {
          copy(in, chunk, body);
          line(in);
        }
      } else {
        copy(in, length == null ? Long.MAX_VALUE : Long.parseLong(length), body);
      }
    } catch (IOException | NumberFormatException e) {
      // The part that arrived must do; the status says most of it.
    }
    return body.toString(StandardCharsets.UTF_8);
  }

  private static long chunk(InputStream in) throws IOException {
    String line = line(in);
    int extension = line.indexOf(';');
    return Long.parseLong((extension < 0 ? line : line.substring(0, extension)).strip(), 16);
  }

  private static void copy(InputStream in, long length, ByteArrayOutputStream body)
      throws IOException {
    byte[] buffer = new byte[8192];
    long left = length;
    while (left > 0 && body.size() < MAX_BODY) {
      int read = in.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (read < 0) {
        return;
      }
      body.write(buffer, 0, read);
      left -= read;
    }
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the server closed the connection without an answer");
      }
      if (line.size() == MAX_LINE) {
        throw new IOException("a line of the answer is longer than " + MAX_LINE + " bytes");
      }
      line.write(b);
    }
    return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
  }
}
