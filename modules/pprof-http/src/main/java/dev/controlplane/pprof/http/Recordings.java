package dev.controlplane.pprof.http;

import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.ProfileKind.IllegalParameterException;
import dev.controlplane.pprof.ProfileKind.InUseException;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.writers.ProfileWriter;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;

/**
 * Answers requests for what happens during a time, like {@code Profile} and {@code Trace} in {@code
 * net/http/pprof}. A recording itself takes none of the turns of {@link Admission}, for it mostly
 * waits, and a kind has one recording at a time.
 */
final class Recordings {
  private static final long DEFAULT_WINDOW_SECONDS = 30;
  private static final double DEFAULT_RAW_SECONDS = 1;

  /** Longer times are capped, so that they fit into 64-bit nanoseconds. */
  private static final long MOST_SECONDS = Duration.ofDays(36_500).toSeconds();

  private final Admission admission;

  Recordings(Admission admission) {
    this.admission = admission;
  }

  void answer(Reply reply, ProfileKind.Window kind, GoValues values)
      throws IOException, IllegalParameterException, InUseException, InterruptedException {
    long asked = values.integer("seconds").orElse(0);
    long seconds = asked <= 0 ? DEFAULT_WINDOW_SECONDS : Math.min(asked, MOST_SECONDS);
    Profile profile =
        kind.record(Duration.ofSeconds(seconds), values, new ClientPatience(reply.exchange()));
    try (Admission.Turn turn = admission.enter()) {
      OutputStream out = reply.open(turn, Reply.BINARY, kind.name());
      ProfileWriter.write(profile, out);
      out.close();
    }
  }

  void answer(Reply reply, ProfileKind.Raw kind, GoValues values)
      throws IOException, IllegalParameterException, InUseException, InterruptedException {
    double asked = values.fraction("seconds").orElse(0);
    double seconds = asked <= 0 ? DEFAULT_RAW_SECONDS : Math.min(asked, (double) MOST_SECONDS);
    Duration time = Duration.ofNanos((long) (seconds * 1e9));
    try (Answer answer = new Answer(reply, kind.name())) {
      kind.record(time, values, new ClientPatience(reply.exchange()), answer);
      answer.complete();
    }
  }

  /** Takes its turn when there is something to write. */
  private final class Answer implements ProfileKind.Target, AutoCloseable {
    private final Reply reply;
    private final String file;
    private Admission.Turn turn;
    private OutputStream out;

    private Answer(Reply reply, String file) {
      this.reply = reply;
      this.file = file;
    }

    @Override
    public OutputStream open() throws IOException {
      try {
        turn = admission.enter();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw (IOException) new InterruptedIOException("context canceled").initCause(e);
      }
      out = reply.open(turn, Reply.BINARY, file);
      return out;
    }

    void complete() throws IOException {
      if (out == null) {
        throw new IOException("the recording is empty");
      }
      out.close();
    }

    @Override
    public void close() {
      if (turn != null) {
        turn.close();
      }
    }
  }
}
