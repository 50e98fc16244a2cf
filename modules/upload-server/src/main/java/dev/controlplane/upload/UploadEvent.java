package dev.controlplane.upload;

import dev.controlplane.catalog.Catalog.Change;
import dev.controlplane.upload.UploadMetrics.Result;
import java.util.Locale;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A JFR event for each upload, from the head of its request to its answer. */
@Name("controlplane.Upload")
@Label("Upload")
@Description("An upload from the head of its request to its answer")
@Category("Control Plane")
@StackTrace(false)
final class UploadEvent extends Event {
  @Label("Worker")
  @Description("Absent if the upload made no version")
  String worker;

  @Label("Version")
  @Description("Absent if the upload made no version")
  String version;

  @Label("Revision")
  @Description("0 if the upload made no version")
  long revision;

  @Label("Received")
  @DataAmount
  long received;

  @Label("Result")
  @Description("created, unchanged, rejected or failed")
  String result;

  static UploadEvent begun() {
    UploadEvent event = new UploadEvent();
    event.begin();
    return event;
  }

  /**
   * Emits the event.
   *
   * @param change the result; null if there is none
   */
  void ended(Change change, long bytes, Result how) {
    end();
    if (shouldCommit()) {
      if (change != null) {
        worker = change.version().worker();
        version = change.version().version();
        revision = change.revision();
      }
      received = bytes;
      result = how.name().toLowerCase(Locale.ROOT);
      commit();
    }
  }
}
