package dev.controlplane.pprof.http;

import dev.controlplane.pprof.ProfileKind.Collected;
import dev.controlplane.pprof.ProfileKind.IllegalParameterException;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.writers.ProfileWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;

/**
 * Answers requests for profiles that are there at any moment. The checks and their order are those
 * of {@code handler.ServeHTTP} and {@code serveDeltaProfile} in {@code net/http/pprof}.
 */
final class CollectedProfiles {
  private final Admission admission;
  private final int most;

  /**
   * Limits the delta requests that wait for their second profile, because each keeps its first
   * profile in memory.
   */
  private final Semaphore deltas;

  CollectedProfiles(Admission admission, int most) {
    this.admission = admission;
    this.most = most;
    this.deltas = new Semaphore(most);
  }

  /** How many delta requests wait for their second profile now. */
  int waiting() {
    return most - deltas.availablePermits();
  }

  void answer(Reply reply, Collected kind, GoValues values)
      throws IOException, IllegalParameterException, InterruptedException {
    if (values.text("seconds").isEmpty()) {
      now(reply, kind, values, values.atoi("debug"));
    } else {
      delta(reply, kind, values);
    }
  }

  private void now(Reply reply, Collected kind, GoValues values, long debug)
      throws IOException, IllegalParameterException, InterruptedException {
    try (Admission.Turn turn = admission.enter()) {
      if (debug > 0) {
        boolean binary = kind.isBinary(debug);
        OutputStream out =
            reply.open(turn, binary ? Reply.BINARY : Reply.TEXT, binary ? kind.name() : "");
        kind.writeText(debug, values, out);
        out.close();
      } else {
        // As in Go, any debug value but 0 is served as text/plain, but only positive values change
        // the body to text.
        Profile profile = kind.shown(kind.collect(values), values);
        OutputStream out =
            debug == 0
                ? reply.open(turn, Reply.BINARY, kind.name())
                : reply.open(turn, Reply.TEXT, "");
        ProfileWriter.write(profile, out);
        out.close();
      }
    }
  }

  private void delta(Reply reply, Collected kind, GoValues values)
      throws IOException, IllegalParameterException, InterruptedException {
    OptionalLong seconds = values.integer("seconds");
    if (seconds.orElse(0) <= 0) {
      throw new IllegalParameterException(
          "invalid value for \"seconds\" - must be a positive integer");
    }
    if (!kind.hasDelta()) {
      throw new IllegalParameterException(
          "\"seconds\" parameter is not supported for this profile type");
    }
    if (values.atoi("debug") != 0) {
      throw new IllegalParameterException("seconds and debug params are incompatible");
    }
    if (!deltas.tryAcquire()) {
      throw admission.refusal();
    }
    try {
      delta(reply, kind, values, Duration.ofSeconds(seconds.getAsLong()));
    } finally {
      deltas.release();
    }
  }

  private void delta(Reply reply, Collected kind, GoValues values, Duration time)
      throws IOException, IllegalParameterException, InterruptedException {
    Profile before = collect(kind, values);
    if (!new ClientPatience(reply.exchange()).await(time)) {
      reply.error(500, "context canceled");
      return;
    }
    try (Admission.Turn turn = admission.enter()) {
      Profile difference = kind.collect(values).minus(before);
      OutputStream out = reply.open(turn, Reply.BINARY, kind.name() + "-delta");
      ProfileWriter.write(kind.shown(difference, values), out);
      out.close();
    }
  }

  private Profile collect(Collected kind, GoValues values)
      throws IOException, IllegalParameterException, InterruptedException {
    Admission.Turn turn = admission.enter();
    try {
      return kind.collect(values);
    } finally {
      turn.close();
    }
  }
}
