package dev.controlplane.pprof.observe;

import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Source;
import dev.controlplane.pprof.StackStyle;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.writers.ProfileText;
import dev.controlplane.pprof.writers.ProfileWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;

/**
 * Serves {@code /debug/pprof/goroutine} and the index page. The checks and their order are those of
 * {@code handler.ServeHTTP} and {@code serveDeltaProfile} in {@code net/http/pprof}.
 *
 * <p>Additions to Go:
 *
 * <ul>
 *   <li>{@code debug=3}: a binary profile with one sample per goroutine.
 *   <li>{@code source=live|hotspot}: where the facts come from.
 *   <li>{@code compat=panicparse}: spells {@code debug=2} so that panicparse can read it.
 *   <li>{@code labels=0|1}: hides or shows labels.
 * </ul>
 */
final class GoroutineEndpoint {
  private static final String NAME = "goroutine";

  private static final String RETRY_AFTER_SECONDS = "1";

  private final GoroutineProfiler withLabels;
  private final GoroutineProfiler withoutLabels;
  private final boolean labelsShown;
  private final Admission admission;
  private final int maxRequests;

  /**
   * Limits the delta requests that wait for their second profile, because each keeps its first
   * profile in memory.
   */
  private final Semaphore deltas;

  private final LongAdder refused = new LongAdder();

  GoroutineEndpoint(PprofSettings settings) {
    GoroutineProfiler.Options options =
        GoroutineProfiler.Options.defaults()
            .withSource(settings.source())
            .withJvmThreads(settings.jvmThreads());
    this.withLabels = GoroutineProfiler.create(options);
    this.withoutLabels = GoroutineProfiler.create(options.withLabels(false));
    this.labelsShown = settings.labels();
    this.maxRequests = settings.maxRequests();
    this.admission = new Admission(maxRequests);
    this.deltas = new Semaphore(maxRequests);
  }

  /** What a request asks for. */
  private record Wish(GoroutineProfiler profiler, Source source, StackStyle style) {
    Profile collect() throws IOException {
      return profiler.collect(source);
    }
  }

  private static final class NotAllowed extends Exception {
    NotAllowed(String text) {
      super(text, null, false, false);
    }
  }

  void index(Exchange exchange) {
    exchange.send(200, Exchange.HTML, IndexPage.render(withLabels.count()));
  }

  void answer(Exchange exchange) {
    GoValues values = GoValues.parse(exchange.rawQuery());
    try {
      if (values.text("seconds").isEmpty()) {
        profile(exchange, wish(values), values.atoi("debug"));
      } else {
        delta(exchange, values);
      }
    } catch (NotAllowed e) {
      exchange.error(400, e.getMessage());
    } catch (IOException e) {
      exchange.error(500, "failed to collect profile");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      exchange.error(500, "context canceled");
    }
  }

  private Wish wish(GoValues values) throws NotAllowed {
    return new Wish(profiler(values.text("labels")), source(values), style(values));
  }

  private GoroutineProfiler profiler(String labels) throws NotAllowed {
    return switch (labels) {
      case "" -> labelsShown ? withLabels : withoutLabels;
      case "1", "true" -> withLabels;
      case "0", "false" -> withoutLabels;
      default -> throw new NotAllowed("invalid value for \"labels\" - must be 0 or 1");
    };
  }

  private static Source source(GoValues values) throws NotAllowed {
    String name = values.text("source");
    return name.isEmpty()
        ? Source.AUTO
        : Source.named(name)
            .orElseThrow(
                () ->
                    new NotAllowed("invalid value for \"source\" - must be auto, live or hotspot"));
  }

  private static StackStyle style(GoValues values) throws NotAllowed {
    return switch (values.text("compat")) {
      case "" -> StackStyle.GO;
      case "panicparse" -> StackStyle.PANICPARSE;
      default -> throw new NotAllowed("invalid value for \"compat\" - must be panicparse");
    };
  }

  private void profile(Exchange exchange, Wish wish, long debug)
      throws IOException, InterruptedException {
    try (Admission.Turn turn = admission.enter()) {
      if (turn == null) {
        busy(exchange);
      } else if (debug == 3) {
        attach(exchange, NAME).stream(
            turn, Exchange.BINARY, out -> wish.profiler().writePerGoroutine(wish.source(), out));
      } else if (debug >= 2) {
        exchange.stream(
            turn,
            Exchange.TEXT,
            out -> wish.profiler().writeStacks(wish.source(), wish.style(), out));
      } else if (debug == 1) {
        Profile profile = wish.collect();
        exchange.stream(turn, Exchange.TEXT, out -> ProfileText.write(profile, out));
      } else {
        // As in Go, any debug value but 0 is served as text/plain, but only positive values change
        // the body to text.
        Profile profile = wish.collect();
        if (debug == 0) {
          attach(exchange, NAME);
        }
        exchange.stream(
            turn,
            debug == 0 ? Exchange.BINARY : Exchange.TEXT,
            out -> ProfileWriter.write(profile, out));
      }
    }
  }

  private void delta(Exchange exchange, GoValues values)
      throws NotAllowed, IOException, InterruptedException {
    OptionalLong seconds = values.integer("seconds");
    if (seconds.orElse(0) <= 0) {
      throw new NotAllowed("invalid value for \"seconds\" - must be a positive integer");
    }
    if (values.atoi("debug") != 0) {
      throw new NotAllowed("seconds and debug params are incompatible");
    }
    Wish wish = wish(values);
    if (!deltas.tryAcquire()) {
      busy(exchange);
      return;
    }
    try {
      delta(exchange, wish, Duration.ofSeconds(seconds.getAsLong()));
    } finally {
      deltas.release();
    }
  }

  private void delta(Exchange exchange, Wish wish, Duration time)
      throws IOException, InterruptedException {
    Profile before;
    try (Admission.Turn turn = admission.enter()) {
      if (turn == null) {
        busy(exchange);
        return;
      }
      before = wish.collect();
    }
    if (!Client.of(exchange.request()).staysFor(time)) {
      exchange.error(500, "context canceled");
      return;
    }
    try (Admission.Turn turn = admission.enter()) {
      if (turn == null) {
        busy(exchange);
        return;
      }
      Profile difference = wish.collect().minus(before);
      attach(exchange, NAME + "-delta").stream(
          turn, Exchange.BINARY, out -> ProfileWriter.write(difference, out));
    }
  }

  private static Exchange attach(Exchange exchange, String file) {
    return exchange.header("Content-Disposition", "attachment; filename=\"" + file + "\"");
  }

  /**
   * How many requests are admitted now: their profiles are being taken or read by their clients.
   */
  int open() {
    return maxRequests - admission.free();
  }

  /** How many delta requests wait for their second profile now. */
  int deltas() {
    return maxRequests - deltas.availablePermits();
  }

  /** How many requests were answered 503 because there were too many. */
  long refused() {
    return refused.sum();
  }

  private void busy(Exchange exchange) {
    refused.increment();
    exchange
        .header("Retry-After", RETRY_AFTER_SECONDS)
        .error(
            503,
            ("too many profiles at once: %d are taken or read, as many as pprof.max-requests"
                    + " (PPROF_MAX_REQUESTS) allows; try again in a second")
                .formatted(maxRequests));
  }
}
