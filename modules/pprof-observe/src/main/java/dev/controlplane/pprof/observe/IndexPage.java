package dev.controlplane.pprof.observe;

import java.nio.charset.StandardCharsets;
import java.util.List;

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

  private record Entry(String name, long count, String description) {}

  static byte[] render(long goroutines) {
    List<Entry> entries =
        List.of(
            new Entry("cmdline", 0, "The command line invocation of the current program"),
            new Entry(
                "goroutine",
                goroutines,
                "Stack traces of all current goroutines. Use debug=2 as a query parameter to export"
                    + " in the same format as an unrecovered panic."),
            new Entry(
                "symbol",
                0,
                "Maps given program counters to function names. Counters can be specified in a GET"
                    + " raw query or POST body, multiple counters are separated by &#39;+&#39;."));
    StringBuilder page = new StringBuilder(HEAD);
    for (Entry entry : entries) {
      page.append(
          "<tr><td>%d</td><td><a href='%s?debug=1'>%2$s</a></td></tr>\n"
              .formatted(entry.count, entry.name));
    }
    page.append(MIDDLE);
    for (Entry entry : entries) {
      page.append(
          "<li><div class=profile-name>%s: </div> %s</li>\n"
              .formatted(entry.name, entry.description));
    }
    return page.append(TAIL).toString().getBytes(StandardCharsets.UTF_8);
  }
}
