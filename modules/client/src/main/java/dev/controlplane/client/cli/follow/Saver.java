package dev.controlplane.client.cli.follow;

import dev.controlplane.client.ControlPlaneException;
import dev.controlplane.client.InvalidNameException;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.RetryPolicy;
import dev.controlplane.client.UnreachableException;
import dev.controlplane.client.cli.arguments.Address;
import dev.controlplane.client.files.VersionDirectory;
import dev.controlplane.client.stream.Update;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/** Saves the versions of updates. Waits while consumer-server can't be reached. */
final class Saver {
  private final VersionDirectory directory;
  private final boolean keepDeleted;
  private final Consumer<String> notes;

  /**
   * The result of saving an update.
   *
   * @param file where the version is; null if there is none
   * @param words the result for people
   */
  record Result(Path file, String words) {}

  Saver(VersionDirectory directory, boolean keepDeleted, Consumer<String> notes) {
    this.directory = directory;
    this.keepDeleted = keepDeleted;
    this.notes = notes;
  }

  Result save(Update update) throws IOException, InterruptedException {
    if (update.kind() == Update.Kind.DELETED && keepDeleted) {
      return new Result(null, "its file is left");
    }
    for (int failures = 1; ; failures++) {
      try {
        VersionDirectory.Outcome outcome = directory.apply(update);
        Path file = directory.path(update.worker(), update.version());
        return switch (outcome) {
          case WRITTEN -> new Result(file, "saved to " + file);
          case UNCHANGED -> new Result(file, "there already: " + file);
          case REMOVED -> new Result(null, "removed " + file);
          case NOTHING -> new Result(null, "no file");
        };
      } catch (InvalidNameException e) {
        notes.accept("revision %d not saved: %s".formatted(update.revision(), e.getMessage()));
        return new Result(null, "not saved");
      } catch (UnreachableException e) {
        pause(update, failures, e);
      } catch (RefusedException e) {
        switch (e.reason()) {
          case NOT_FOUND -> {
            notes.accept(
                "revision %d not saved, it was deleted before it could be fetched: %s"
                    .formatted(update.revision(), e.getMessage()));
            return new Result(null, "not saved");
          }
          case UNAVAILABLE -> pause(update, failures, e);
          case INVALID, CONFLICT, FORBIDDEN, OTHER -> throw e;
        }
      }
    }
  }

  private void pause(Update update, int failures, ControlPlaneException reason)
      throws InterruptedException {
    Duration delay = RetryPolicy.DEFAULT.delay(failures);
    notes.accept(
        "revision %d waits to be fetched: %s; trying again in %.1f s (%s sets the address)"
            .formatted(
                update.revision(),
                reason.getMessage(),
                delay.toMillis() / 1000.0,
                Address.of(reason.server())));
    Thread.sleep(delay);
  }
}
