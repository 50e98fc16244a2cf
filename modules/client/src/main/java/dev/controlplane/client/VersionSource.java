package dev.controlplane.client;

import java.io.IOException;

/**
 * Brings the bytes of a version on disk: those that came with the update, those that are there
 * already, or those that the consumer-server has.
 */
final class VersionSource {
  private final ControlPlaneClient client;

  VersionSource(ControlPlaneClient client) {
    this.client = client;
  }

  /** The version as it is described where it is whole. */
  static WorkerState.Held held(AgentTask task, String version, String checksum, long size) {
    return new WorkerState.Held(version, checksum, size, task.revision(), task.generation(), false);
  }

  /**
   * Fetches a version.
   *
   * @throws DamagedException when the bytes don't have their digest; then the part is empty
   */
  WorkerState.Held fetch(AgentTask task, AgentTask.Switch wanted, PartFile part)
      throws IOException, InterruptedException {
    try {
      return fetched(task, wanted, part);
    } catch (DamagedException e) {
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
    if (!wanted.filePath().isEmpty()) {
      client.fetching().fetch(worker, wanted.filePath(), wanted.checksum(), part);
      return held(task, wanted.version(), wanted.checksum(), wanted.size());
    }
    Downloaded downloaded =
        client.fetching().download(worker, wanted.version(), part, Progress.NONE);
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
