package dev.controlplane.pprof;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A JFR event for each goroutine profile. */
@Name("pprof.Profile")
@Label("Goroutine Profile")
@Description("A goroutine profile, from the first thread looked at to the last")
@Category("pprof")
@StackTrace(false)
final class ProfileEvent extends Event implements ProfileObserver {
  @Label("Form")
  @Description("counted, stacks or goroutines")
  String form;

  @Label("Source")
  @Description("live or hotspot")
  String source;

  @Label("Goroutines")
  long goroutines;

  static ProfileEvent begun() {
    ProfileEvent event = new ProfileEvent();
    event.begin();
    return event;
  }

  /**
   * Emits the event. Its duration includes the writing for the forms that write while they examine
   * threads.
   */
  @Override
  public void ended(String kind, boolean isHotSpot, long count) {
    end();
    if (shouldCommit()) {
      form = kind;
      source = isHotSpot ? "hotspot" : "live";
      goroutines = count;
      commit();
    }
  }
}
