package dev.controlplane.catalog;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** How long this process waits for the disk to make something durable; for metrics. */
public final class DiskTimes {
  /** Is told of each wait, by the thread that waited. */
  public interface Observer {
    /** A file or a directory was made durable. */
    void synced(long nanos);

    /**
     * A transaction that changed something was committed.
     *
     * @param database name of the database's file
     */
    void committed(String database, long nanos);
  }

  private static final Observer NOBODY =
      new Observer() {
        @Override
        public void synced(long nanos) {}

        @Override
        public void committed(String database, long nanos) {}
      };

  private static volatile Observer observer = NOBODY;

  private DiskTimes() {}

  /** Tells an observer from now on; there is one in a process. */
  public static void observe(Observer told) {
    observer = told;
  }

  /** Makes a file and what is known of it durable. */
  public static void sync(FileChannel channel) throws IOException {
    long start = System.nanoTime();
    channel.force(true);
    observer.synced(System.nanoTime() - start);
  }

  /** A transaction was committed. */
  public static void committed(Path database, long nanos) {
    observer.committed(String.valueOf(database.getFileName()), nanos);
  }
}
