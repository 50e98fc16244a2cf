package dev.controlplane.system.history;

import dev.controlplane.system.history.Event.Opened;
import dev.controlplane.system.history.Event.Received;
import java.util.ArrayList;
import java.util.List;

/** One stream of a consumer, from its request to its end. */
final class Stream {
  private final Opened opened;
  private final List<Received> messages = new ArrayList<>();
  private long subscribedAt = Long.MAX_VALUE;

  Stream(Opened opened) {
    this.opened = opened;
  }

  void subscribed(long at) {
    subscribedAt = at;
  }

  void received(Received message) {
    messages.add(message);
  }

  String consumer() {
    return opened.consumer();
  }

  Request request() {
    return opened.request();
  }

  int number() {
    return opened.stream();
  }

  long openedAt() {
    return opened.at();
  }

  /** When the response headers came; {@link Long#MAX_VALUE} if they did not. */
  long subscribedAt() {
    return subscribedAt;
  }

  List<Received> messages() {
    return messages;
  }

  /** For messages about it. */
  String name() {
    return consumer() + " stream " + number();
  }
}
