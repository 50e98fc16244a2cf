package dev.controlplane.pprof.http.ui;

import java.nio.charset.StandardCharsets;
import java.util.Collection;

/** Writes JSON (RFC 8259). The caller calls its methods in a sensible order. Not thread-safe. */
final class JsonWriter {
  private final StringBuilder out = new StringBuilder(1 << 14);

  /** Whether a comma must come before the next value or name. */
  private boolean following;

  JsonWriter open(char bracket) {
    comma();
    out.append(bracket);
    following = false;
    return this;
  }

  JsonWriter close(char bracket) {
    out.append(bracket);
    following = true;
    return this;
  }

  JsonWriter name(String name) {
    text(name);
    out.append(':');
    following = false;
    return this;
  }

  JsonWriter text(String text) {
    comma();
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append("\\u00").append(c < 0x10 ? "0" : "1").append(Character.forDigit(c & 15, 16));
      } else {
        out.append(c);
      }
    }
    out.append('"');
    return this;
  }

  JsonWriter number(long number) {
    comma();
    out.append(number);
    return this;
  }

  JsonWriter bool(boolean value) {
    comma();
    out.append(value);
    return this;
  }

  JsonWriter texts(Collection<String> texts) {
    open('[');
    texts.forEach(this::text);
    return close(']');
  }

  byte[] bytes() {
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void comma() {
    if (following) {
      out.append(',');
    }
    following = true;
  }
}
