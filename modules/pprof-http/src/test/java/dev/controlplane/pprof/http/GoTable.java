package dev.controlplane.pprof.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * Requests and their answers: the table of {@code TestHandlers} in Go's {@code
 * net/http/pprof/pprof_test.go}, and every other request that differs in anything.
 */
final class GoTable {
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String HTML = "text/html; charset=utf-8";
  private static final String BINARY = "application/octet-stream";
  private static final String GOROUTINE = "attachment; filename=\"goroutine\"";
  private static final String DELTA = "attachment; filename=\"goroutine-delta\"";
  private static final String NO_DELTA =
      "\"seconds\" parameter is not supported for this profile type\n";
  private static final String NOT_GIVEN =
      "failed to collect profile: this JVM has no jdk.jfr module\n";
  private static final String UNKNOWN = "Unknown profile\n";
  private static final String NO_SECONDS =
      "invalid value for \"seconds\" - must be a positive integer\n";
  private static final String SECONDS_AND_DEBUG = "seconds and debug params are incompatible\n";

  private GoTable() {}

  /** What a body must be like. */
  enum Body {
    GZIP,
    COUNTS,
    STACKS,
    ANY
  }

  record Row(
      String method, String target, int status, String type, String disposition, Object body) {
    static Row get(String target, int status, String type, String disposition, Object body) {
      return new Row("GET", target, status, type, disposition, body);
    }

    static Row unknown(String target) {
      return get(target, 404, TEXT, "", UNKNOWN);
    }

    static Row wrong(String target, String text) {
      return get(target, 400, TEXT, "", text);
    }

    static Row notAllowed(String method, String target) {
      return new Row(method, target, 405, TEXT, "", "Method Not Allowed\n");
    }

    static Row head(String target, int status, String type, String disposition) {
      return new Row("HEAD", target, status, type, disposition, "");
    }

    /** A profile of one of Go's kinds. */
    static Row profile(String target, String file) {
      return get(target, 200, BINARY, "attachment; filename=\"" + file + "\"", Body.GZIP);
    }

    static Row redirect(String target, String location) {
      return get(
          target,
          307,
          HTML,
          "",
          "<a href=\"" + location.replace("&", "&amp;") + "\">Temporary Redirect</a>.\n\n");
    }

    /** Fails if an answer is another one, in what Go's own table compares. */
    void check(Wire.Answer answer) throws IOException {
      assertEquals(status, answer.status(), answer::text);
      // Servlet containers write it without the space.
      assertEquals(type, answer.header("Content-Type").replaceFirst("; *", "; "));
      assertEquals(disposition, answer.header("Content-Disposition"));
      boolean serveError = status == 404 || status == 400 || status == 500;
      assertEquals(serveError ? "1" : "", answer.header("X-Go-Pprof"));
      switch (body) {
        case Body.GZIP -> assertTrue(gunzip(answer.body()).length > 0);
        case Body.COUNTS -> assertTrue(answer.text().startsWith("goroutine profile: total "));
        case Body.STACKS -> assertTrue(answer.text().startsWith("goroutine "), answer.text());
        case String text -> assertEquals(text, answer.text());
        default -> assertTrue(answer.body().length > 0);
      }
    }

    private static byte[] gunzip(byte[] body) throws IOException {
      try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
        return in.readAllBytes();
      }
    }

    @Override
    public String toString() {
      return method + " " + target;
    }
  }

  static List<Row> asGo() {
    String root = "/debug/pprof/";
    String goroutine = root + "goroutine";
    return List.of(
        // The rows of Go's own test.
        Row.unknown(root + "%3Cscript%3Escripty%3Cscript%3E"),
        Row.profile(root + "heap", "heap"),
        Row.get(root + "heap?debug=1", 200, TEXT, "", Body.ANY),
        Row.get(root + "cmdline", 200, TEXT, "", Body.ANY),
        Row.profile(root + "profile?seconds=1", "profile"),
        Row.get(root + "symbol", 200, TEXT, "", "num_symbols: 1\n"),
        Row.get(root + "trace", 200, BINARY, "attachment; filename=\"trace\"", Body.ANY),
        Row.profile(root + "mutex", "mutex"),
        Row.profile(root + "block?seconds=1", "block-delta"),
        Row.get(goroutine + "?seconds=1", 200, BINARY, DELTA, Body.GZIP),
        Row.get(root, 200, HTML, "", Body.ANY),

        // Names.
        Row.unknown(root + "nosuch"),
        Row.unknown(root + "nosuch?seconds=abc"),
        Row.unknown(root + "Goroutine"),
        Row.unknown(root + "goroutine/"),
        Row.unknown(root + "goroutine/x"),
        Row.unknown(root + "goroutine%2Fx"),
        Row.unknown(root + "cmdline/"),
        Row.unknown(root + "index"),
        Row.unknown(root + "Heap"),
        Row.unknown(root + "profile/"),
        Row.unknown(root + "trace/x"),
        Row.unknown(root + "delta"),
        Row.get(root + "%67oroutine?debug=1", 200, TEXT, "", Body.COUNTS),

        // The mux: redirects and methods.
        Row.redirect("/debug/pprof", "/debug/pprof/"),
        Row.redirect("/debug/pprof?x=1&y=2", "/debug/pprof/?x=1&y=2"),
        Row.redirect("/debug/pprof//goroutine", "/debug/pprof/goroutine"),
        Row.redirect("/debug/pprof/../pprof/goroutine", "/debug/pprof/goroutine"),
        Row.redirect("/debug/pprof/./goroutine?debug=1", "/debug/pprof/goroutine?debug=1"),
        Row.head("/debug/pprof", 307, HTML, ""),
        Row.notAllowed("POST", "/debug/pprof"),
        Row.notAllowed("POST", root),
        Row.notAllowed("DELETE", goroutine),
        Row.notAllowed("OPTIONS", goroutine),
        Row.notAllowed("PUT", root + "cmdline"),
        Row.notAllowed("POST", root + "nosuch"),
        Row.notAllowed("BREW", root),
        Row.notAllowed("DELETE", root + "symbol"),
        Row.head(root, 200, HTML, ""),
        Row.head(goroutine, 200, BINARY, GOROUTINE),
        Row.head(goroutine + "?debug=1", 200, TEXT, ""),
        Row.head(goroutine + "?debug=2", 200, TEXT, ""),
        Row.head(goroutine + "?seconds=1", 200, BINARY, DELTA),
        Row.head(root + "cmdline", 200, TEXT, ""),
        Row.head(root + "symbol", 200, TEXT, ""),
        Row.head(root + "nosuch", 404, TEXT, ""),

        // debug, read by Atoi.
        Row.get(goroutine, 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=0", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=1", 200, TEXT, "", Body.COUNTS),
        Row.get(goroutine + "?debug=01", 200, TEXT, "", Body.COUNTS),
        Row.get(goroutine + "?debug=%2B1", 200, TEXT, "", Body.COUNTS),
        Row.get(goroutine + "?debug=1&debug=2", 200, TEXT, "", Body.COUNTS),
        Row.get(goroutine + "?debug=2", 200, TEXT, "", Body.STACKS),
        Row.get(goroutine + "?debug=4", 200, TEXT, "", Body.STACKS),
        Row.get(goroutine + "?debug=99999999999999999999", 200, TEXT, "", Body.STACKS),
        Row.get(goroutine + "?debug=-1", 200, TEXT, "", Body.GZIP),
        Row.get(goroutine + "?debug=-99999999999999999999", 200, TEXT, "", Body.GZIP),
        Row.get(goroutine + "?debug=+1", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=0x2", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=1_0", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=abc", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=2;x=1", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?DEBUG=1", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?gc=1", 200, BINARY, GOROUTINE, Body.GZIP),

        // seconds, and the order of checks.
        Row.wrong(goroutine + "?seconds=0", NO_SECONDS),
        Row.wrong(goroutine + "?seconds=-1", NO_SECONDS),
        Row.wrong(goroutine + "?seconds=abc", NO_SECONDS),
        Row.wrong(goroutine + "?seconds=1.5", NO_SECONDS),
        Row.wrong(goroutine + "?seconds=9223372036854775808", NO_SECONDS),
        Row.wrong(goroutine + "?seconds=0&debug=1", NO_SECONDS),
        Row.wrong(goroutine + "?seconds=1&debug=1", SECONDS_AND_DEBUG),
        Row.wrong(goroutine + "?seconds=1&debug=-1", SECONDS_AND_DEBUG),
        Row.wrong(goroutine + "?seconds=1&debug=3", SECONDS_AND_DEBUG),
        Row.get(goroutine + "?seconds=%2B1&debug=abc", 200, BINARY, DELTA, Body.GZIP),
        Row.get(goroutine + "?seconds=", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?seconds=&debug=1", 200, TEXT, "", Body.COUNTS),

        // Every other kind of Go's.
        Row.profile(root + "allocs", "allocs"),
        Row.profile(root + "allocs?seconds=1", "allocs-delta"),
        Row.get(root + "allocs?debug=1", 200, TEXT, "", Body.ANY),
        Row.get(root + "block?debug=-1", 200, TEXT, "", Body.GZIP),
        Row.profile(root + "block", "block"),
        Row.get(root + "block?debug=1", 200, TEXT, "", Body.ANY),
        Row.profile(root + "goroutineleak", "goroutineleak"),
        Row.profile(root + "goroutineleak?seconds=1", "goroutineleak-delta"),
        Row.get(root + "goroutineleak?debug=1", 200, TEXT, "", Body.ANY),
        Row.profile(root + "heap?gc=1", "heap"),
        Row.profile(root + "heap?gc=abc", "heap"),
        Row.profile(root + "heap?seconds=1", "heap-delta"),
        Row.get(root + "mutex?debug=1", 200, TEXT, "", Body.ANY),
        Row.profile(root + "mutex?seconds=1", "mutex-delta"),
        Row.profile(root + "threadcreate", "threadcreate"),
        Row.profile(root + "threadcreate?seconds=1", "threadcreate-delta"),
        Row.get(root + "threadcreate?debug=1", 200, TEXT, "", Body.ANY),
        Row.wrong(root + "heap?seconds=x", NO_SECONDS),
        Row.wrong(root + "mutex?seconds=1&debug=2", SECONDS_AND_DEBUG),

        // Recordings: debug means nothing, HEAD records too.
        Row.profile(root + "profile?seconds=1&debug=1", "profile"),
        Row.head(root + "profile?seconds=1", 200, BINARY, "attachment; filename=\"profile\""),
        Row.head(root + "trace?seconds=0.1", 200, BINARY, "attachment; filename=\"trace\""),
        Row.get(
            root + "trace?seconds=0.1", 200, BINARY, "attachment; filename=\"trace\"", Body.ANY),
        Row.notAllowed("POST", root + "profile"),
        Row.notAllowed("POST", root + "trace"),
        Row.notAllowed("PUT", root + "heap"));
  }

  /** Where this differs from Go, and what Go has no case of. */
  static List<Row> differences() {
    String root = "/debug/pprof/";
    String goroutine = root + "goroutine";
    return List.of(
        // POST on symbol, debug=3, parameters of our own.
        new Row("POST", root + "symbol", 200, TEXT, "", "num_symbols: 1\n"),
        Row.get(goroutine + "?debug=3", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=1&source=live", 200, TEXT, "", Body.COUNTS),
        Row.get(goroutine + "?debug=1&source=hotspot", 200, TEXT, "", Body.COUNTS),
        Row.get(goroutine + "?debug=1&labels=0", 200, TEXT, "", Body.COUNTS),
        Row.get(goroutine + "?debug=2&compat=panicparse", 200, TEXT, "", Body.STACKS),
        Row.wrong(
            goroutine + "?source=guess",
            "invalid value for \"source\" - must be auto, live or hotspot\n"),
        Row.wrong(goroutine + "?labels=some", "invalid value for \"labels\" - must be 0 or 1\n"),
        Row.wrong(
            goroutine + "?debug=2&compat=perl",
            "invalid value for \"compat\" - must be panicparse\n"),

        // Kinds that a program has added, and those that this JVM does not give.
        Row.profile(root + TestKinds.USER, TestKinds.USER),
        Row.get(root + TestKinds.USER + "?debug=1", 200, TEXT, "", Body.ANY),
        Row.wrong(root + TestKinds.USER + "?seconds=1", NO_DELTA),
        Row.wrong(root + TestKinds.USER + "?seconds=1&debug=1", NO_DELTA),
        Row.wrong(root + TestKinds.USER + "?seconds=0", NO_SECONDS),
        Row.get(root + TestKinds.BROKEN, 500, TEXT, "", NOT_GIVEN),
        Row.get(root + TestKinds.BROKEN + "?debug=1", 500, TEXT, "", NOT_GIVEN),
        new Row("HEAD", root + TestKinds.BROKEN, 500, TEXT, "", ""));
  }
}
