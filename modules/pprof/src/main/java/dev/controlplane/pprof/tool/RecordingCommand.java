package dev.controlplane.pprof.tool;

import dev.controlplane.pprof.jfr.RecordingConverter;
import dev.controlplane.pprof.jfr.RecordingInput;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.sources.RecorderModule;
import dev.controlplane.pprof.sources.ThreadDump;
import dev.controlplane.pprof.writers.ProfileText;
import dev.controlplane.pprof.writers.ProfileWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/** Converts a Flight Recorder recording for the command line. */
final class RecordingCommand {
  private final RecordingInput recording;
  private final Optional<RecordingConverter.Kind> kind;
  private final long room;
  private String damage = "";

  /**
   * @param kind what to make a profile of; empty for what there is
   * @param room memory for distinct stacks, in bytes
   */
  RecordingCommand(RecordingInput recording, Optional<RecordingConverter.Kind> kind, long room) {
    this.recording = recording;
    this.kind = kind;
    this.room = room;
  }

  /** Why the recording could not be read to its end; empty if it could. */
  String damage() {
    return damage;
  }

  /**
   * Writes the profile.
   *
   * @throws IOException if there is nothing to convert; the target was not opened then
   */
  Converter.Result convert(Converter.Format format, Converter.Target target) throws IOException {
    if (format != Converter.Format.PB && format != Converter.Format.DEBUG1) {
      throw new IOException("a recording has no goroutines: use --format pb or debug1");
    }
    if (RecorderModule.isMissing()) {
      throw new IOException("this Java can't read recordings: its module jdk.jfr is missing");
    }
    RecordingConverter.Result result =
        recording.withFile(file -> RecordingConverter.convert(file, kind, room));
    damage = result.damage();
    Profile profile = result.profile();
    OutputStream out = target.open();
    if (format == Converter.Format.PB) {
      ProfileWriter.write(profile, out);
    } else {
      text(profile, out);
    }
    return new Converter.Result(
        new ThreadDump.Outcome(0, 0, 0, profile.time(), null), profile.size(), 0);
  }

  /** As Go's texts, where Go has one for what was counted. */
  private static void text(Profile profile, OutputStream out) throws IOException {
    if (profile.sampleTypes().get(0).type().equals("contentions")) {
      ProfileText.writeContention(profile, "contention", out);
    } else {
      ProfileText.write(profile, out);
    }
  }
}
