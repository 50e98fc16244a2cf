package dev.controlplane.pprof.tool;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URL;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Gets profiles from files, standard input ({@code -}) and servers. Like {@code go tool pprof}, it
 * takes {@code host:port/debug/pprof/…} for an address without {@code http://}, and the user part
 * of an address for a password.
 */
final class ProfileSource {
  /** Arrays can't be larger, and no profile is. */
  private static final int MOST_BYTES = Integer.MAX_VALUE - 16;

  private static final int CONNECT_MILLIS = 10_000;

  /** For profiles of a moment; recordings take their time in addition. */
  private static final int READ_MILLIS = 60_000;

  private static final int MOST_ERROR_BYTES = 2000;
  private static final Pattern SECONDS = Pattern.compile("(?:.*&)?seconds=(\\d{1,6}).*");
  private static final Pattern HOST_AND_PORT = Pattern.compile("[\\w.-]+:\\d{1,5}(/.*)?");

  private final InputStream standardInput;

  ProfileSource(InputStream standardInput) {
    this.standardInput = standardInput;
  }

  ReadProfile read(String name) throws IOException {
    try (InputStream in = open(name)) {
      return profile(in.readNBytes(MOST_BYTES));
    } catch (NoSuchFileException e) {
      throw (IOException) new IOException("no such file").initCause(e);
    } catch (AccessDeniedException e) {
      throw (IOException) new IOException("permission denied").initCause(e);
    }
  }

  private InputStream open(String name) throws IOException {
    if (name.equals("-")) {
      return standardInput;
    }
    if (name.startsWith("http://") || name.startsWith("https://")) {
      return fetch(name);
    }
    Path path = Path.of(name);
    if (Files.isDirectory(path)) {
      throw new IOException("it is a directory");
    }
    if (!Files.exists(path) && HOST_AND_PORT.matcher(name).matches()) {
      return fetch("http://" + name);
    }
    return Files.newInputStream(path);
  }

  private static InputStream fetch(String address) throws IOException {
    URL url;
    try {
      url = URI.create(address).toURL();
    } catch (IllegalArgumentException e) {
      throw new IOException("it is no valid address: " + e.getMessage(), e);
    }
    if (!(url.openConnection() instanceof HttpURLConnection connection)) {
      throw new IOException("it is no address of a web server");
    }
    connection.setConnectTimeout(CONNECT_MILLIS);
    connection.setReadTimeout(READ_MILLIS + 1000 * seconds(url.getQuery()));
    if (url.getUserInfo() != null) {
      byte[] user = url.getUserInfo().getBytes(StandardCharsets.UTF_8);
      connection.setRequestProperty(
          "Authorization", "Basic " + Base64.getEncoder().encodeToString(user));
    }
    try {
      int status = connection.getResponseCode();
      if (status != 200) {
        throw new IOException(
            "the server answered "
                + status
                + explanation(connection)
                + (url.getPath().length() > 1
                    ? ""
                    : "; expected an address with a path, such as /debug/pprof/goroutine"));
      }
      return connection.getInputStream();
    } catch (ConnectException e) {
      throw new IOException("nothing listens at " + url.getAuthority(), e);
    } catch (UnknownHostException e) {
      throw new IOException("no host has the name " + url.getHost(), e);
    } catch (SocketTimeoutException e) {
      throw new IOException("the server did not answer in time", e);
    }
  }

  private static int seconds(String query) {
    Matcher matcher = SECONDS.matcher(query == null ? "" : query);
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
  }

  /** What the server says about an error, if it is a text for people. */
  private static String explanation(HttpURLConnection connection) throws IOException {
    String type = connection.getContentType();
    try (InputStream error = connection.getErrorStream()) {
      if (error == null || type == null || !type.startsWith("text/plain")) {
        return "";
      }
      String text = new String(error.readNBytes(MOST_ERROR_BYTES), StandardCharsets.UTF_8);
      return text.isBlank() ? "" : ": " + text.strip();
    }
  }

  /** Reads a profile, gzipped or not; says what other files look like. */
  private static ReadProfile profile(byte[] bytes) throws IOException {
    boolean gzipped = FileKind.isGzip(bytes);
    try {
      return ReadProfile.of(gzipped ? unpacked(bytes) : bytes);
    } catch (NotAProfileException e) {
      throw FileKind.notAProfile(bytes, e);
    }
  }

  private static byte[] unpacked(byte[] bytes) throws IOException {
    try (var gzip = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return gzip.readNBytes(MOST_BYTES);
    } catch (EOFException | ZipException e) {
      throw (IOException)
          new IOException("it is cut off or damaged: " + e.getMessage()).initCause(e);
    }
  }
}
