package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.Catalog.Change;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A JFR event for each publish in the catalog. */
@Name("controlplane.Publish")
@Label("Publish")
@Description("A version made durable in the catalog: from the call to the commit that it shared")
@Category("Control Plane")
@StackTrace(false)
final class PublishEvent extends Event {
  @Label("Worker")
  String worker;

  @Label("Version")
  String version;

  @Label("Size")
  @DataAmount
  long size;

  @Label("Revision")
  long revision;

  @Label("Changed")
  @Description("Whether an update was logged; false if the version was there already")
  boolean changed;

  static PublishEvent begun() {
    PublishEvent event = new PublishEvent();
    event.begin();
    return event;
  }

  /** Emits the event. Refused publishes have none; the upload's event covers them. */
  void ended(Change change) {
    end();
    if (shouldCommit()) {
      worker = change.version().worker();
      version = change.version().version();
      size = change.version().size();
      revision = change.revision();
      changed = change.changed();
      commit();
    }
  }
}
