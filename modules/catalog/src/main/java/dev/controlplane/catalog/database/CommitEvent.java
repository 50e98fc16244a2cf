package dev.controlplane.catalog.database;

import java.nio.file.Path;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A JFR event for each transaction of a {@link GroupCommit}. */
@Name("controlplane.Commit")
@Label("Commit")
@Description("A transaction of a database's writer, with all the changes that share its fsync")
@Category("Control Plane")
@StackTrace(false)
final class CommitEvent extends Event {
  @Label("Database")
  String database;

  @Label("Requests")
  @Description("Changes that share the transaction")
  int requests;

  @Label("Time of COMMIT")
  @Timespan(Timespan.NANOSECONDS)
  long commitTime;

  static CommitEvent begun() {
    CommitEvent event = new CommitEvent();
    event.begin();
    return event;
  }

  void ended(Path file, int count, long commitNanos) {
    end();
    if (shouldCommit()) {
      database = String.valueOf(file.getFileName());
      requests = count;
      commitTime = commitNanos;
      commit();
    }
  }
}
