package dev.controlplane.pprof.http;

import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Profiles;
import dev.controlplane.pprof.http.ui.Ui;
import dev.controlplane.pprof.http.ui.UiAnswer;
import java.io.IOException;

/** Serves the page {@code /debug/pprof/ui}. A look at the threads is admitted like a profile. */
final class UiEndpoint {
  private final Admission admission;
  private final Ui ui;

  UiEndpoint(Profiles profiles, Admission admission, boolean jvmThreads) {
    this.admission = admission;
    this.ui = new Ui(profiles, GoroutineProfiler.Options.defaults().withJvmThreads(jvmThreads));
  }

  /**
   * Answers a request.
   *
   * @param path what follows {@code ui}
   */
  void answer(Reply reply, String path) throws IOException, InterruptedException {
    UiAnswer answer = answer(path, reply.exchange());
    answer.headers().forEach(reply::header);
    reply.send(answer.status(), answer.contentType(), answer.body());
  }

  private UiAnswer answer(String path, Exchange exchange) throws IOException, InterruptedException {
    if (!path.equals(Ui.LOOK)) {
      return ui.answer(path, exchange.header("If-None-Match"));
    }
    Admission.Turn turn = admission.enter();
    try {
      return ui.answer(path, exchange.header("If-None-Match"));
    } finally {
      turn.close();
    }
  }
}
