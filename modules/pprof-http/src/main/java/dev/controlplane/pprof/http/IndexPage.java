package dev.controlplane.pprof.http;

import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.Profiles;
import java.util.Map;
import java.util.TreeMap;

/** The page that lists the profiles, byte for byte like that of {@code net/http/pprof.Index}. */
final class IndexPage {
  private static final String HEAD =
      """
      <html>
      <head>
      <title>/debug/pprof/</title>
      <style>
      .profile-name{
      \tdisplay:inline-block;
      \twidth:6rem;
      }
      </style>
      </head>
      <body>
      /debug/pprof/
      <br>
      <p>Set debug=1 as a query parameter to export in legacy text format</p>
      <br>
      Types of profiles available:
      <table>
      <thead><td>Count</td><td>Profile</td></thead>
      """;

  private static final String MIDDLE =
      """
      </table>
      <a href="goroutine?debug=2">full goroutine stack dump</a>
      <br>
      <p>
      Profile Descriptions:
      <ul>
      """;

  private static final String TAIL =
      """
      </ul>
      </p>
      </body>
      </html>\
      """;

  private IndexPage() {}

  private record Entry(long count, String description) {}

  static String render(Profiles profiles) {
    Map<String, Entry> entries = new TreeMap<>();
    for (ProfileKind kind : profiles.all()) {
      entries.put(kind.name(), new Entry(kind.count(), kind.description()));
    }
    entries.put("cmdline", new Entry(0, "The command line invocation of the current program"));
    entries.put(
        "symbol",
        new Entry(
            0,
            "Maps given program counters to function names. Counters can be specified in a GET raw"
                + " query or POST body, multiple counters are separated by '+'."));
    StringBuilder page = new StringBuilder(HEAD);
    entries.forEach(
        (name, entry) ->
            page.append(
                "<tr><td>%d</td><td><a href='%s?debug=1'>%s</a></td></tr>\n"
                    .formatted(entry.count, name, name)));
    page.append(MIDDLE);
    entries.forEach(
        (name, entry) ->
            page.append(
                "<li><div class=profile-name>%s: </div> %s</li>\n"
                    .formatted(name, escape(entry.description))));
    return page.append(TAIL).toString();
  }

  /** Escapes a text like Go's {@code html.EscapeString}. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&#34;")
        .replace("'", "&#39;");
  }
}
