package dev.controlplane.system.agents;

import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.ServerUnderTest;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The data directory of a running cluster as a volume that is unmounted under its servers: what
 * they have open stays open, and at its path is an empty directory. Where this process may not
 * mount, the directory is moved away, which looks the same to the servers.
 */
final class Volume implements AutoCloseable {
  private final Path data;
  private final Path aside;
  private final boolean mounts;
  private boolean mounted = true;

  /** Restarts the cluster's servers on the volume. */
  Volume(Cluster cluster) {
    data = cluster.data();
    aside = data.resolveSibling("volume");
    cluster.servers().forEach(ServerUnderTest::clear);
    try {
      Files.move(data, aside);
      Files.createDirectory(data);
      mounts = bind();
      if (!mounts) {
        move(aside, data);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cluster.servers().forEach(ServerUnderTest::launch);
    cluster.servers().forEach(ServerUnderTest::awaitReady);
  }

  private boolean bind() {
    return Tools.run("mount", "--bind", aside.toString(), data.toString()).exitCode() == 0;
  }

  /** Leaves an empty directory at the path. */
  void unmount() {
    if (mounts) {
      Tools.run("umount", "-l", data.toString()).mustSucceed();
    } else {
      move(data, aside);
    }
    mounted = false;
  }

  private static void move(Path from, Path to) {
    try {
      Files.deleteIfExists(to);
      Files.move(from, to);
      if (Files.notExists(from)) {
        Files.createDirectory(from);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Has the volume back. */
  void mount() {
    if (mounts) {
      if (!bind()) {
        throw new AssertionError(aside + " can't be mounted again");
      }
    } else {
      move(aside, data);
    }
    mounted = true;
  }

  @Override
  public void close() {
    if (mounted && mounts) {
      unmount();
    }
  }
}
