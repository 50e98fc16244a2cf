package dev.controlplane.client.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.controlplane.client.agent.state.AgentDirectory;
import dev.controlplane.client.agent.state.AgentNotes;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where an agent's subscription is. The position that is made durable is one before which
 * everything has been dealt with; whatever is told twice changes nothing.
 */
final class AgentPosition {
  private final AgentNotes notes;
  private final AgentSettings settings;
  private final AgentTasks tasks;
  private final AgentEvents events;

  private final Lock lock = new ReentrantLock();

  @GuardedBy("lock")
  private String token = "";

  @GuardedBy("lock")
  private String saved = "";

  @GuardedBy("lock")
  private final LastingProblems problems = new LastingProblems();

  /** Whether an agent can go on from here: not before the first snapshot, nor within one. */
  @GuardedBy("lock")
  private boolean holds;

  /** Of the listening thread. */
  private long highestGeneration;

  /** See {@code WorkerState}; grows on the listening thread, with nothing at work. */
  private volatile long generation;

  /** Written by the listening thread. */
  private volatile long revision;

  AgentPosition(AgentNotes notes, AgentSettings settings, AgentTasks tasks, AgentEvents events) {
    this.notes = notes;
    this.settings = settings;
    this.tasks = tasks;
    this.events = events;
  }

  /** Begins in the generation of the last process; its position may not be good. */
  void begin(AgentNotes.Position last) {
    generation = last == null ? 0 : last.generation();
    revision = last == null ? 0 : last.revision();
    highestGeneration = generation;
  }

  /** A generation that something here is of: the next one is higher. */
  void seen(long other) {
    highestGeneration = Math.max(highestGeneration, other);
  }

  /** Goes on where the last process was. */
  void resume(String lastToken) {
    lock.lock();
    try {
      token = lastToken;
      saved = lastToken;
      holds = true;
    } finally {
      lock.unlock();
    }
  }

  /** Begins a generation: all that is told from now on may be of another log. */
  void nextGeneration() {
    generation = ++highestGeneration;
  }

  /** See {@code WorkerState}. */
  long generation() {
    return generation;
  }

  /** The newest revision that was heard of. */
  long revision() {
    return revision;
  }

  /** A revision was heard of. */
  void heard(long other) {
    revision = Math.max(revision, other);
  }

  /** A snapshot is of this revision, which may be lower than one that was heard of before. */
  void synced(long snapshot) {
    revision = snapshot;
  }

  /** The resume token of the last message; empty for none. */
  String token() {
    lock.lock();
    try {
      return token;
    } finally {
      lock.unlock();
    }
  }

  /** Nothing can go on from here until a snapshot is complete. */
  void lose() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      holds = false;
    } finally {
      lock.unlock();
    }
  }

  /** A message has been dealt with. */
  void move(String newToken, boolean inSnapshot) {
    lock.lock();
    try {
      token = newToken;
      holds |= !inSnapshot;
    } finally {
      lock.unlock();
    }
    save();
  }

  /** Makes durable how far everything is dealt with. */
  void save() {
    lock.lock();
    try {
      String settled = holds ? tasks.settled(token) : null;
      if (settled == null || settled.isEmpty() || settled.equals(saved)) {
        return;
      }
      notes.save(
          new AgentNotes.Position(
              settled, settings.consumerId(), settings.workers(), generation, revision));
      saved = settled;
      problems.forget();
    } catch (ClosedByInterruptException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // An older position is as good; it only costs more when the agent starts again.
      String problem = AgentDirectory.problem(e);
      if (problems.isNews(problem)) {
        events.accept(new AgentEvent(AgentEvent.Kind.WAITING, "", "", 0, "disk", problem));
      }
    } finally {
      lock.unlock();
    }
  }
}
