package dev.controlplane.server;

import dev.controlplane.server.http.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The format of log lines. */
enum LogFormat {
  /** {@code key=value} pairs on one line, followed by the lines of a stack trace. */
  TEXT {
    @Override
    byte[] event(Map<String, Object> pairs, String trace) {
      StringBuilder line = new StringBuilder(160);
      pairs.forEach((key, value) -> pair(line, key, value));
      if (trace != null) {
        line.append('\n').append(trace);
      }
      return line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    }
  },

  /** One JSON object on one line, with a stack trace in the field {@code trace}. */
  JSON {
    @Override
    byte[] event(Map<String, Object> pairs, String trace) {
      Map<String, Object> object = new LinkedHashMap<>();
      pairs.forEach((key, value) -> object.put(key, plain(value)));
      if (trace != null) {
        object.put("trace", trace);
      }
      return Json.bytes(object);
    }
  };

  /** Encodes an event, including line ends. */
  abstract byte[] event(Map<String, Object> pairs, String trace);

  private static Object plain(Object value) {
    return switch (value) {
      case Number number -> number;
      case Boolean flag -> flag;
      case Instant time -> time;
      case null, default -> String.valueOf(value);
    };
  }

  private static void pair(StringBuilder line, String key, Object value) {
    if (!line.isEmpty()) {
      line.append(' ');
    }
    line.append(key).append('=');
    String text = String.valueOf(value);
    if (!text.isEmpty() && text.chars().allMatch(LogFormat::isPlain)) {
      line.append(text);
      return;
    }
    line.append('"');
    text.codePoints().forEach(c -> quote(line, c));
    line.append('"');
  }

  private static boolean isPlain(int c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
  }

  private static void quote(StringBuilder line, int c) {
    if (c == '"' || c == '\\') {
      line.append('\\').append((char) c);
    } else if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
      line.append(String.format(Locale.ROOT, "\\u%04x", c));
    } else {
      line.appendCodePoint(c);
    }
  }
}
