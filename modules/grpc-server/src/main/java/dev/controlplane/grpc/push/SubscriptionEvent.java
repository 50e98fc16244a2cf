package dev.controlplane.grpc.push;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A JFR event for each subscription, from its opening to its end. */
@Name("controlplane.Subscription")
@Label("Subscription")
@Description("A stream of updates, from its opening to its end")
@Category("Control Plane")
@StackTrace(false)
final class SubscriptionEvent extends Event {
  @Label("Consumer")
  String consumer;

  @Label("Workers")
  @Description("How many workers it named; 0 for all")
  int workers;

  @Label("Last Revision")
  @Description("The highest revision sent; 0 for none")
  long lastRevision;

  @Label("Reason")
  @Description("Why it ended")
  String reason;

  static SubscriptionEvent begun() {
    SubscriptionEvent event = new SubscriptionEvent();
    event.begin();
    return event;
  }

  void ended(Subscription subscription) {
    end();
    if (shouldCommit()) {
      consumer = subscription.consumer();
      workers = subscription.workers().size();
      lastRevision = subscription.sent();
      reason = String.valueOf(subscription.ended());
      commit();
    }
  }
}
