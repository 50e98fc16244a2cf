package dev.controlplane.pprof.http.ui;

import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Profiles;
import dev.controlplane.pprof.census.GoroutineCensus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * Answers for {@code /debug/pprof/ui} and what is below it:
 *
 * <ul>
 *   <li>{@code ui}: the page
 *   <li>{@code ui/look}: the goroutines as a tree, see {@link LookJson}
 *   <li>{@code ui/profiles}: the profiles of this process, see {@link ProfilesJson}
 *   <li>{@code ui/speedscope/}: speedscope, which shows profiles
 *   <li>all else below {@code ui/}: the files of the page
 * </ul>
 *
 * Thread-safe.
 *
 * @since 0.1.0
 */
public final class Ui {
  /** The answer to {@link #LOOK} has at most this many bytes, whatever the number of threads. */
  static final int MOST_BYTES = 1_000_000;

  /** The path of the only request that costs a walk over the threads, for admission control. */
  public static final String LOOK = "/look";

  private static final String JSON = "application/json";
  private static final Map<String, String> LIVE =
      Map.of("Cache-Control", "no-store", "Content-Security-Policy", "default-src 'none'");

  private final Profiles profiles;
  private final GoroutineCensus census;

  /**
   * Creates the page of this process.
   *
   * @param profiles those that the page offers
   * @param goroutines which threads the page shows
   */
  public Ui(Profiles profiles, GoroutineProfiler.Options goroutines) {
    this.profiles = profiles;
    this.census = new GoroutineCensus(goroutines);
  }

  /**
   * Answers a request.
   *
   * @param path what follows {@code /debug/pprof/ui} in the path: empty for the page itself,
   *     otherwise it begins with a slash
   * @param ifNoneMatch the header {@code If-None-Match}; empty if there is none
   * @throws IOException if the threads can't be examined
   */
  public UiAnswer answer(String path, Optional<String> ifNoneMatch) throws IOException {
    return switch (path) {
      case "/" -> redirect("../ui");
      case LOOK -> json(LookJson.write(census.look(), MOST_BYTES));
      case "/profiles" -> json(ProfilesJson.write(profiles));
      case "/speedscope" -> redirect("speedscope/");
      default ->
          PageFile.find(path)
              .map(file -> file.answer(ifNoneMatch))
              .orElseGet(() -> text(404, "There is no such file of the page", Map.of()));
    };
  }

  private static UiAnswer json(byte[] body) {
    return new UiAnswer(200, JSON, LIVE, body);
  }

  private static UiAnswer redirect(String location) {
    return text(307, "Temporary Redirect", Map.of("Location", location));
  }

  private static UiAnswer text(int status, String text, Map<String, String> headers) {
    return new UiAnswer(
        status,
        "text/plain; charset=utf-8",
        headers,
        (text + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
