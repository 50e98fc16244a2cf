package dev.controlplane.pprof.http;

import dev.controlplane.pprof.GoroutineCensus;
import dev.controlplane.pprof.Profiles;
import dev.controlplane.pprof.http.ui.Ui;
import dev.controlplane.pprof.http.ui.UiAnswer;
import java.io.IOException;

/** Serves the page {@code /debug/pprof/ui}. A look at the threads is admitted like a profile. */
final class UiEndpoint {
  private static final String NAME = "ui";

  private final Admission admission;
  private final Ui ui;

  UiEndpoint(Profiles profiles, GoroutineCensus census, Admission admission) {
    this.admission = admission;
    this.ui = new Ui(profiles, census);
  }

  /** Whether a path below {@code /debug/pprof/} is that of the page or of one of its files. */
  static boolean has(String path) {
    return path.equals(NAME) || path.startsWith(NAME + "/");
  }

  void answer(Reply reply, String path) throws IOException, InterruptedException, BusyException {
    String file = path.substring(NAME.length());
    if (!file.equals(Ui.LOOK)) {
      send(reply, file);
      return;
    }
    Admission.Turn turn = admission.enter();
    try (turn) {
      send(reply, file);
    }
  }

  private void send(Reply reply, String file) throws IOException {
    UiAnswer answer = ui.answer(file, reply.exchange().header("If-None-Match"));
    answer.headers().forEach(reply::header);
    reply.send(answer.status(), answer.contentType(), answer.body());
  }
}
