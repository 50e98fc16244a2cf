package dev.controlplane.pprof.tool;

import dev.controlplane.pprof.sources.NotAThreadDumpException;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/** What a file looks like that is not what a command needs, and what to do with it instead. */
enum FileKind {
  EMPTY("it is empty"),
  RECORDING("it is a JFR recording", ": make a profile of it with convert", ""),
  JSON("it is JSON", ", not a profile: convert makes one of a thread dump", ""),
  HTML("it is HTML"),
  XML("it is XML"),
  GO_TEXT("it is a profile as text for people", ": get the profile without debug=N", ""),
  JAVA_TEXT("it is a thread dump as text"),
  HEAP_DUMP("it is a heap dump"),
  ARCHIVE("it is a zip or jar file"),
  PROFILE("it is a profile already", "", ": show it with top or go tool pprof"),
  TEXT("it is text"),
  BINARY("it is binary data of an unknown kind");

  private static final String NO_PROFILE =
      ", not a profile: get one with curl -o FILE http://HOST:PORT/debug/pprof/goroutine";
  private static final String NO_DUMP =
      ", not a thread dump in JSON or a JFR recording: write a dump with jcmd PID"
          + " Thread.dump_to_file -format=json FILE";

  /** As many of the first bytes as are looked at. */
  private static final int LOOKED_AT = 1024;

  private final String look;
  private final String toTop;
  private final String toConvert;

  FileKind(String look) {
    this(look, "", "");
  }

  FileKind(String look, String toTop, String toConvert) {
    this.look = look;
    this.toTop = toTop.isEmpty() ? NO_PROFILE : toTop;
    this.toConvert = toConvert.isEmpty() ? NO_DUMP : toConvert;
  }

  /** Why a command that needs a profile can't use a file, and what to do. */
  static IOException notAProfile(byte[] bytes, NotAProfileException reason) {
    FileKind kind = of(bytes);
    return because(
        reason,
        kind == PROFILE
            ? "it looks like a profile that is damaged: " + reason.getMessage()
            : kind.look(bytes) + kind.toTop);
  }

  /**
   * Why {@code convert} can't use a file, and what to do.
   *
   * @param first the first bytes of the file
   */
  static IOException notADump(byte[] first, NotAThreadDumpException reason) {
    FileKind kind = of(first);
    // Of JSON the reader knows more: what is missing, or where it is damaged.
    return kind == JSON ? reason : because(reason, kind.look(first) + kind.toConvert);
  }

  private static IOException because(IOException reason, String message) {
    return (IOException) new IOException(message).initCause(reason);
  }

  private String look(byte[] bytes) {
    return isGzip(bytes) && this != PROFILE ? look + ", gzipped" : look;
  }

  /** The first bytes of a stream; they are not consumed. */
  static byte[] first(BufferedInputStream in) throws IOException {
    in.mark(LOOKED_AT);
    byte[] first = in.readNBytes(LOOKED_AT);
    in.reset();
    return first;
  }

  static boolean isGzip(byte[] bytes) {
    return bytes.length > 1 && bytes[0] == 0x1f && bytes[1] == (byte) 0x8b;
  }

  /** The kind of a file, or of what is gzipped in it, by its first bytes. */
  private static FileKind of(byte[] bytes) {
    if (isGzip(bytes)) {
      return ofPlain(unpacked(bytes));
    }
    return ofPlain(Arrays.copyOf(bytes, Math.min(bytes.length, LOOKED_AT)));
  }

  /** What can be unpacked of the first bytes. */
  private static byte[] unpacked(byte[] bytes) {
    byte[] first = new byte[LOOKED_AT];
    int length = 0;
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      for (int read = 0; read >= 0 && length < first.length; length += Math.max(0, read)) {
        read = in.read(first, length, first.length - length);
      }
    } catch (IOException e) {
      // The archive is damaged, or goes on after these bytes.
      return Arrays.copyOf(first, length);
    }
    return Arrays.copyOf(first, length);
  }

  private static FileKind ofPlain(byte[] first) {
    if (first.length == 0) {
      return EMPTY;
    }
    String start = new String(first, StandardCharsets.ISO_8859_1);
    if (start.startsWith("FLR\0")) {
      return RECORDING;
    }
    if (start.startsWith("JAVA PROFILE")) {
      return HEAP_DUMP;
    }
    if (start.startsWith("PK\3\4")) {
      return ARCHIVE;
    }
    if (!isText(start)) {
      // The first field of a profile is the message sample_type: field 1, with a length.
      return first[0] == '\n' && first.length > 2 && first[1] > 0 && first[2] == 8
          ? PROFILE
          : BINARY;
    }
    String text = start.replaceFirst("^(\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff)", "");
    text = text.replace("\0", "").strip();
    if (text.isEmpty()) {
      return EMPTY;
    }
    if (text.startsWith("{") || text.startsWith("[")) {
      return JSON;
    }
    if (text.startsWith("<")) {
      return text.toLowerCase(Locale.ROOT).contains("<html") ? HTML : XML;
    }
    if (text.contains("Full thread dump ")) {
      return JAVA_TEXT;
    }
    return text.matches("(?s)(\\w+ profile: |--- |goroutine \\d).*") ? GO_TEXT : TEXT;
  }

  /** Whether it has no control characters; in UTF-16, zeros stand between the letters. */
  private static boolean isText(String start) {
    boolean wide = start.startsWith("\u00ff\u00fe") || start.startsWith("\u00fe\u00ff");
    return start
        .chars()
        .allMatch(c -> c >= ' ' || (c >= '\t' && c <= '\r') || c == '\33' || (wide && c == 0));
  }
}
