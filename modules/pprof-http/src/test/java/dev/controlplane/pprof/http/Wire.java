package dev.controlplane.pprof.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.TreeMap;

/** HTTP/1.1 as it is on the wire: no client library that cleans paths or follows redirects. */
public final class Wire {
  private Wire() {}

  /** An answer; names of headers are in lower case, the body has a character for each byte. */
  public record Answer(int status, TreeMap<String, String> headers, String bytes) {
    /** The body. */
    public byte[] body() {
      return bytes.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The body as UTF-8. */
    public String text() {
      return new String(body(), StandardCharsets.UTF_8);
    }

    /** A header of the answer; empty if it is missing. */
    public String header(String name) {
      return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    }
  }

  /** Asks a server on this machine. */
  public static Answer get(int port, String target, String... headers) {
    return send(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port), "GET", target, "", headers);
  }

  /** Sends a request on a connection of its own, and reads the answer. */
  public static Answer send(
      InetSocketAddress to, String method, String target, String body, String... headers) {
    try (Socket socket = open(to, method, target, body, headers)) {
      return read(socket, method);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a request, and leaves reading the answer to the caller. */
  public static Socket open(
      InetSocketAddress to, String method, String target, String body, String... headers)
      throws IOException {
    Socket socket = new Socket(to.getAddress(), to.getPort());
    socket.setSoTimeout(120_000);
    ask(socket, method, target, body, headers);
    return socket;
  }

  /** Sends a request. */
  public static void ask(
      Socket socket, String method, String target, String body, String... headers)
      throws IOException {
    StringBuilder request = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
    if (Arrays.stream(headers).noneMatch(header -> header.startsWith("Host:"))) {
      request.append("Host: localhost:").append(socket.getPort()).append("\r\n");
    }
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    if (!body.isEmpty()) {
      request.append("Content-Length: ").append(body.length()).append("\r\n");
    }
    request.append("Connection: close\r\n\r\n").append(body);
    socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Reads one answer; the connection may stay open. */
  public static Answer read(Socket socket, String method) throws IOException {
    InputStream in = socket.getInputStream();
    String[] lines = readUntil(in, "\r\n\r\n").split("\r\n", -1);
    TreeMap<String, String> headers = new TreeMap<>();
    for (String line : Arrays.copyOfRange(lines, 1, lines.length - 2)) {
      int colon = line.indexOf(':');
      headers.merge(
          line.substring(0, colon).toLowerCase(Locale.ROOT),
          line.substring(colon + 1).strip(),
          (a, b) -> a + ", " + b);
    }
    String body = "";
    if (!method.equals("HEAD")) {
      body =
          headers.getOrDefault("transfer-encoding", "").equals("chunked")
              ? readChunks(in)
              : readExactly(in, Integer.parseInt(headers.getOrDefault("content-length", "0")));
    }
    return new Answer(Integer.parseInt(lines[0].split(" ", -1)[1]), headers, body);
  }

  private static String readChunks(InputStream in) throws IOException {
    StringBuilder body = new StringBuilder();
    while (true) {
      String size = readUntil(in, "\r\n").strip();
      String chunk = readExactly(in, Integer.parseInt(size, 16));
      readExactly(in, 2);
      if (chunk.isEmpty()) {
        return body.toString();
      }
      body.append(chunk);
    }
  }

  private static String readExactly(InputStream in, int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("%d of %d bytes".formatted(bytes.length, length));
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static String readUntil(InputStream in, String end) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf(end, text.length() - end.length()) < 0) {
      text.append(readExactly(in, 1));
    }
    return text.toString();
  }
}
