package dev.controlplane.upload;

import java.net.URI;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A JFR event for each announcement to a grpc-server. */
@Name("controlplane.Announce")
@Label("Announce")
@Description("A grpc-server told that there is a new update")
@Category("Control Plane")
@StackTrace(false)
final class AnnounceEvent extends Event {
  @Label("URL")
  String url;

  @Label("Revision")
  @Description("The newest; the announcement covers all updates since the one before")
  long revision;

  @Label("Failure")
  @Description("Absent if the grpc-server accepted it")
  String failure;

  static AnnounceEvent begun() {
    AnnounceEvent event = new AnnounceEvent();
    event.begin();
    return event;
  }

  /**
   * Emits the event.
   *
   * @param reason why the announcement failed; null if it did not
   */
  void ended(URI target, long told, String reason) {
    end();
    if (shouldCommit()) {
      url = target.toString();
      revision = told;
      failure = reason;
      commit();
    }
  }
}
