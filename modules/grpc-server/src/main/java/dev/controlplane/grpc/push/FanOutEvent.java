package dev.controlplane.grpc.push;

import dev.controlplane.grpc.log.EncodedMessage;
import dev.controlplane.grpc.log.LogEntry;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A JFR event for each update that is offered to subscriptions. */
@Name("controlplane.FanOut")
@Label("Fan-out")
@Description("An update put into the queue of every subscription that wants it")
@Category("Control Plane")
@StackTrace(false)
final class FanOutEvent extends Event {
  @Label("Worker")
  String worker;

  @Label("Revision")
  long revision;

  @Label("Message Size")
  @DataAmount
  long messageSize;

  @Label("Streams")
  @Description("Open streams, including those that do not want the update")
  int streams;

  @Label("Fell Behind")
  @Description(
      "Subscriptions whose queue was full when this update, and those offered together with it,"
          + " came; they read on from the log")
  int fellBehind;

  private transient LogEntry update;

  static FanOutEvent begun(LogEntry update) {
    FanOutEvent event = new FanOutEvent();
    event.update = update;
    event.begin();
    return event;
  }

  void ended(int open, int behind) {
    end();
    if (shouldCommit()) {
      EncodedMessage message = update.message();
      worker = update.update().worker();
      revision = update.revision();
      messageSize = message == null ? 0 : message.length();
      streams = open;
      fellBehind = behind;
      commit();
    }
  }
}
