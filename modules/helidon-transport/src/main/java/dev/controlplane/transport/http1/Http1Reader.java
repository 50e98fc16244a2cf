package dev.controlplane.transport.http1;

import io.helidon.common.buffers.DataReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The byte source of Helidon's HTTP/1.1, which corrects or completes what Helidon 4.5 reads:
 *
 * <ul>
 *   <li><b>Chunks.</b> A chunk is handed to Helidon in pieces, as they arrive; Helidon believes
 *       that each piece is a chunk. Helidon ({@code Http1Connection.readNextChunk}) reads each
 *       chunk whole into memory, and the client chooses its size.
 *   <li><b>The end of a chunk</b> must be where its size says. Helidon skips the two bytes after it
 *       unchecked.
 *   <li><b>Chunk extensions and trailers</b> are skipped, as RFC 9112, section 7.1, requires;
 *       Helidon rejects them. Lines between chunks have a length limit.
 *   <li><b>Raw UTF-8 in a path</b>, which many clients send, is percent-encoded. Helidon replaces
 *       it by question marks.
 *   <li><b>A request target in absolute form</b> ({@code GET http://host/path}) becomes its path
 *       and query, and its host replaces the header Host, as RFC 9112, section 3.2.2, requires.
 *       Helidon takes the whole target for a path.
 *   <li><b>Empty lines before a request line</b> are skipped, as RFC 9112, section 2.2, requires:
 *       old clients send one after a body. Helidon rejects them.
 *   <li><b>A later HTTP/1.x request</b> is read as HTTP/1.1 (RFC 9110, section 2.5). Helidon
 *       rejects it.
 *   <li><b>An HTTP/1.0 request</b> is read as HTTP/1.1, and {@link OldVersion} adapts the answer.
 *       Helidon rejects it with 505.
 * </ul>
 */
final class Http1Reader extends DataReader {
  private static final int MAX_LINE = 8 * 1024;
  private static final int MAX_TRAILERS = 64;
  private static final int CR_LF = 2;
  private static final Pattern ABSOLUTE_FORM =
      Pattern.compile(
          "(?<method>[^ ]+) (?i:https?)://([^ /?#@]*@)?(?<host>[^ /?#@]+)(?<target>[^"
              + " #]*)(?<version> HTTP/.*)");
  private static final byte[] OLD_VERSION = " HTTP/1.0".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ANY_MINOR_VERSION = " HTTP/1.".getBytes(StandardCharsets.US_ASCII);
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  /** Bytes of the current chunk that were not yet handed to Helidon. */
  private long rest;

  /** Bytes of the current piece that Helidon has not consumed. */
  private int piece;

  /**
   * The current piece ended inside a chunk: the line end that Helidon skips after it does not
   * exist.
   */
  private boolean midChunk;

  /**
   * The current piece ended a chunk: the next two bytes, which Helidon skips unchecked, must be a
   * line end.
   */
  private boolean chunkEnds;

  private boolean lastChunk;

  /** The next bytes begin a request head. */
  private boolean betweenHeads = true;

  /** The last request line was HTTP/1.0. */
  private boolean oldVersion;

  /** The host of the last request target if it was in absolute form, otherwise null. */
  private String targetHost;

  private final Counted source;

  /** How many bytes had been read from the source when the current head began. */
  private long headBegan;

  /** A source that counts the bytes it returned. */
  private static final class Counted implements Supplier<byte[]> {
    private final Supplier<byte[]> source;
    private long bytes;

    Counted(Supplier<byte[]> source) {
      this.source = source;
    }

    @Override
    public byte[] get() {
      byte[] read = source.get();
      bytes += read == null ? 0 : read.length;
      return read;
    }
  }

  Http1Reader(Supplier<byte[]> source) {
    this(new Counted(source));
  }

  @SuppressWarnings("removal") // DataReader.create returns no subclass.
  private Http1Reader(Counted source) {
    super(source);
    this.source = source;
  }

  /** How many bytes have been read since the head began, including those behind it. */
  long bytesOfHead() {
    return source.bytes - headBegan;
  }

  /**
   * Finds the next line end. Helidon calls this first for the request line; empty lines before it
   * are skipped.
   */
  @Override
  public int findNewLine(int max) {
    while (betweenHeads && startsWithNewLine()) {
      super.skip(CR_LF);
    }
    if (betweenHeads) {
      headBegan = source.bytes - available();
    }
    return super.findNewLine(max);
  }

  /**
   * Returns the size line of the next piece. Helidon calls this only for the lines between chunks.
   */
  @Override
  public String readLine() {
    if (rest > 0) {
      return piece();
    }
    if (lastChunk) {
      lastChunk = false;
      readOverTrailers();
      return "";
    }
    String line = line();
    int extension = line.indexOf(';');
    String size = (extension < 0 ? line : line.substring(0, extension)).strip();
    try {
      rest = Long.parseLong(size, 16);
    } catch (NumberFormatException e) {
      return size; // not a number: Helidon answers 400
    }
    if (rest < 0 || size.startsWith("+")) {
      rest = 0;
      return "-";
    }
    if (rest == 0) {
      lastChunk = true;
      return "0";
    }
    return piece();
  }

  private String piece() {
    ensureAvailable();
    piece = (int) Math.min(rest, available());
    rest -= piece;
    midChunk = rest > 0;
    chunkEnds = rest == 0;
    return Integer.toHexString(piece);
  }

  private String line() {
    int length = super.findNewLine(MAX_LINE);
    if (length == MAX_LINE) {
      throw new IncorrectNewLineException("a line between chunks is too long");
    }
    String line = readAsciiString(length);
    skip(CR_LF);
    return line;
  }

  private void readOverTrailers() {
    for (int count = 0; !line().isEmpty(); count++) {
      if (count == MAX_TRAILERS) {
        throw new IncorrectNewLineException("there are too many trailers");
      }
    }
  }

  @Override
  public void skip(int length) {
    if (piece > 0) {
      piece -= length;
      super.skip(length);
    } else if (midChunk) {
      midChunk = false;
    } else if (chunkEnds) {
      chunkEnds = false;
      if (read() != '\r' || read() != '\n') {
        throw new IncorrectNewLineException("a chunk is longer than it says");
      }
    } else {
      super.skip(length);
    }
  }

  /**
   * Notes that the head of a request is complete.
   *
   * @return whether the request is HTTP/1.0
   */
  boolean headIsRead() {
    betweenHeads = true;
    return oldVersion;
  }

  /** The host, possibly with a port, of the last request target if it was in absolute form. */
  Optional<String> targetHost() {
    return Optional.ofNullable(targetHost);
  }

  /** Helidon calls this for the request line, and for the value of a Connection header. */
  @Override
  public byte[] readBytes(int length) {
    byte[] read = super.readBytes(length);
    if (!betweenHeads) {
      return read;
    }
    betweenHeads = false;
    return requestLine(originForm(read));
  }

  private byte[] requestLine(byte[] bytes) {
    oldVersion = endsWith(bytes, OLD_VERSION);
    if (hasMinorVersion(bytes)) {
      bytes[bytes.length - 1] = '1';
    }
    for (byte b : bytes) {
      if (b < 0) {
        return percentEncoded(bytes);
      }
    }
    return bytes;
  }

  /** Whether the request line ends with HTTP/1.0, 1.1, or a later 1.x, which is answered as 1.1. */
  private static boolean hasMinorVersion(byte[] line) {
    int last = line.length - 1;
    return last >= 0
        && line[last] >= '0'
        && line[last] <= '9'
        && endsWith(Arrays.copyOf(line, last), ANY_MINOR_VERSION);
  }

  private static boolean endsWith(byte[] bytes, byte[] end) {
    return bytes.length >= end.length
        && Arrays.equals(bytes, bytes.length - end.length, bytes.length, end, 0, end.length);
  }

  /** Returns the line with an absolute target reduced to path and query; others unchanged. */
  private byte[] originForm(byte[] line) {
    targetHost = null;
    if (isOriginForm(line)) {
      return line;
    }
    Matcher absolute = ABSOLUTE_FORM.matcher(new String(line, StandardCharsets.ISO_8859_1));
    if (!absolute.matches()) {
      return line;
    }
    targetHost = absolute.group("host");
    String target = absolute.group("target");
    if (target.isEmpty()) {
      target = absolute.group("method").equals("OPTIONS") ? "*" : "/";
    } else if (target.startsWith("?")) {
      target = "/" + target;
    }
    return (absolute.group("method") + " " + target + absolute.group("version"))
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Whether the target begins with a slash, as in nearly all requests. */
  private static boolean isOriginForm(byte[] line) {
    int blank = 0;
    while (blank < line.length && line[blank] != ' ') {
      blank++;
    }
    return blank + 1 < line.length && line[blank + 1] == '/';
  }

  private static byte[] percentEncoded(byte[] bytes) {
    StringBuilder encoded = new StringBuilder(bytes.length * 3);
    for (byte b : bytes) {
      if (b < 0) {
        HEX.toHexDigits(encoded.append('%'), b);
      } else {
        encoded.append((char) b);
      }
    }
    return encoded.toString().getBytes(StandardCharsets.US_ASCII);
  }
}
