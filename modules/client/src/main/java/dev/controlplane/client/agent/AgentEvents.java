package dev.controlplane.client.agent;

import java.lang.System.Logger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Passes events to the agent's listener, one at a time. If the listener throws, the agent
 * continues: its stream, reports and work do not depend on the listener. Thread-safe.
 */
final class AgentEvents {
  private static final Logger LOG = System.getLogger(AgentEvents.class.getPackageName());

  private final Consumer<AgentEvent> listener;
  private final Lock lock = new ReentrantLock();

  AgentEvents(Consumer<AgentEvent> listener) {
    this.listener = listener;
  }

  void accept(AgentEvent event) {
    lock.lock();
    try {
      listener.accept(event);
    } catch (RuntimeException | AssertionError | LinkageError e) {
      LOG.log(Logger.Level.WARNING, "the agent's listener failed at the event " + event, e);
    } finally {
      lock.unlock();
    }
  }
}
