package dev.controlplane.pprof.observe;

import dev.controlplane.pprof.GoroutineCensus;
import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.StandardProfiles;
import dev.controlplane.pprof.http.ui.Ui;
import dev.controlplane.pprof.http.ui.UiAnswer;
import io.helidon.http.HeaderNames;
import java.io.IOException;
import java.util.Optional;

/** Serves the page {@code /debug/pprof/ui}. A look at the threads is admitted like a profile. */
final class UiEndpoint {
  private final GoroutineEndpoint goroutine;
  private final Ui ui;

  UiEndpoint(PprofSettings settings, GoroutineEndpoint goroutine) {
    this.goroutine = goroutine;
    var options = GoroutineProfiler.Options.defaults().withJvmThreads(settings.jvmThreads());
    this.ui =
        new Ui(
            StandardProfiles.builder().goroutines(options).build().profiles(),
            new GoroutineCensus(options));
  }

  void answer(Exchange exchange, String path) {
    try {
      if (!path.equals(Ui.LOOK)) {
        send(exchange, path);
        return;
      }
      try (Admission.Turn turn = goroutine.admission().enter()) {
        if (turn == null) {
          goroutine.busy(exchange);
        } else {
          send(exchange, path);
        }
      }
    } catch (IOException e) {
      exchange.error(500, "failed to collect profile");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      exchange.error(500, "context canceled");
    }
  }

  private void send(Exchange exchange, String path) throws IOException {
    Optional<String> ifNoneMatch = exchange.request().headers().first(HeaderNames.IF_NONE_MATCH);
    UiAnswer answer = ui.answer(path, ifNoneMatch);
    answer.headers().forEach(exchange::header);
    exchange.send(answer.status(), answer.contentType(), answer.body());
  }
}
