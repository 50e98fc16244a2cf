package dev.controlplane.client.agent;

import dev.controlplane.client.ControlPlaneException;
import dev.controlplane.client.DamagedException;
import dev.controlplane.client.Progress;
import dev.controlplane.client.Server;
import dev.controlplane.client.agent.state.WorkerState;
import dev.controlplane.client.answers.Downloaded;
import dev.controlplane.client.files.PartFile;
import dev.controlplane.client.files.VersionDirectory;
import dev.controlplane.client.http.Fetching;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;

/**
 * Obtains the bytes of a version: those that came with the update, those already on disk, or those
 * from the consumer-server.
 */
final class VersionSource {
  private final Fetching fetching;

  VersionSource(Fetching fetching) {
    this.fetching = fetching;
  }

  /** Describes a version on disk. */
  static WorkerState.Held held(AgentTask task, String version, String checksum, long size) {
    return new WorkerState.Held(version, checksum, size, task.revision(), task.generation(), false);
  }

  /**
   * Obtains a version.
   *
   * @throws DamagedException if the bytes do not have their digest; the part is then empty
   */
  WorkerState.Held fetch(AgentTask task, AgentTask.Switch wanted, PartFile part)
      throws IOException, InterruptedException {
    try {
      return fetched(task, wanted, part);
    } catch (DamagedException e) {
      part.restart();
      throw e;
    } catch (ControlPlaneException | ClosedByInterruptException e) {
      // What has arrived is good: the next attempt resumes it.
      throw e;
    } catch (IOException e) {
      // The disk is full, perhaps: other versions need the room more than this one, which is not
      // whole.
      part.restart();
      throw e;
    }
  }

  private WorkerState.Held fetched(AgentTask task, AgentTask.Switch wanted, PartFile part)
      throws IOException, InterruptedException {
    String worker = task.worker();
    if (wanted.code() != null) {
      part.restart();
      String actual = VersionDirectory.copy(wanted.code(), part);
      if (!actual.equals(wanted.checksum())) {
        throw new DamagedException(
            Server.GRPC,
            "update %d, %s %s".formatted(task.revision(), worker, wanted.version()),
            wanted.checksum(),
            actual);
      }
      return held(task, wanted.version(), actual, wanted.code().size());
    }
    if (!wanted.checksum().isEmpty() && part.isWhole(wanted.size(), wanted.checksum())) {
      return held(task, wanted.version(), wanted.checksum(), wanted.size());
    }
    part.requireRoom(wanted.size());
    if (!wanted.filePath().isEmpty()) {
      fetching.fetch(worker, wanted.filePath(), wanted.checksum(), part);
      return held(task, wanted.version(), wanted.checksum(), wanted.size());
    }
    Downloaded downloaded = fetching.download(worker, wanted.version(), part, Progress.NONE);
    if (!wanted.checksum().isEmpty() && !downloaded.checksum().equals(wanted.checksum())) {
      throw new DamagedException(
          Server.CONSUMER,
          "%s %s".formatted(worker, wanted.version()),
          wanted.checksum(),
          downloaded.checksum());
    }
    return held(task, wanted.version(), downloaded.checksum(), downloaded.size());
  }
}
