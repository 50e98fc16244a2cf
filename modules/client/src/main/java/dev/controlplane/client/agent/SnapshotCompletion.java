package dev.controlplane.client.agent;

import dev.controlplane.client.agent.state.WithheldDeletions;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reports once that a snapshot was processed, from whichever thread finishes it. Thread-safe. */
final class SnapshotCompletion {
  private static final long NONE = -1;

  private final AgentTasks tasks;
  private final AgentEvents events;
  private final WithheldDeletions withheld;
  private final AtomicLong pending = new AtomicLong(NONE);

  SnapshotCompletion(AgentContext agent) {
    this.tasks = agent.tasks();
    this.events = agent.events();
    this.withheld = agent.withheld();
  }

  /** The snapshot of this revision has arrived. */
  void arrived(long revision) {
    pending.set(revision);
  }

  /** Another snapshot begins. */
  void cancel() {
    pending.set(NONE);
  }

  /** Reports the snapshot if everything in it was tried. */
  void tell() {
    long revision = pending.get();
    if (revision == NONE || !tasks.allTried() || !pending.compareAndSet(revision, NONE)) {
      return;
    }
    int left = tasks.size();
    events.accept(
        new AgentEvent(
            AgentEvent.Kind.SYNCED,
            "",
            "",
            revision,
            "",
            Stream.of(left == 0 ? "" : "not yet done: " + left, withheld.message())
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining("; "))));
  }
}
