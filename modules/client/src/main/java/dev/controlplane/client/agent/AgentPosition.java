package dev.controlplane.client.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.controlplane.client.agent.state.AgentDirectory;
import dev.controlplane.client.agent.state.AgentNotes;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The position of an agent's subscription. A position is made durable only when every update before
 * it has been processed. Updates after it may be received again, which changes nothing. Thread-safe
 * unless stated otherwise.
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

  /** Whether an agent can resume at the token: not before the first snapshot, nor inside one. */
  @GuardedBy("lock")
  private boolean holds;

  /** Only the listening thread uses it. */
  private long highestGeneration;

  /** See {@code WorkerState}. The listening thread increases it while no task is running. */
  private volatile long generation;

  /** Only the listening thread changes it. */
  private volatile long revision;

  AgentPosition(AgentNotes notes, AgentSettings settings, AgentTasks tasks, AgentEvents events) {
    this.notes = notes;
    this.settings = settings;
    this.tasks = tasks;
    this.events = events;
  }

  /** Begins with the generation of the last process, whose position may be unusable. */
  void begin(AgentNotes.Position last) {
    generation = last == null ? 0 : last.generation();
    revision = last == null ? 0 : last.revision();
    highestGeneration = generation;
  }

  /** Records a generation that exists here, so that the next one is higher. */
  void seen(long other) {
    highestGeneration = Math.max(highestGeneration, other);
  }

  /** Resumes where the last process was. */
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

  /** Begins a new generation, because updates from now on may be of another log. */
  void nextGeneration() {
    generation = ++highestGeneration;
  }

  /** See {@code WorkerState}. */
  long generation() {
    return generation;
  }

  /** The newest revision received. */
  long revision() {
    return revision;
  }

  /** Records that a revision was received. */
  void heard(long other) {
    revision = Math.max(revision, other);
  }

  /** Records the revision of a complete snapshot, which may be lower than one received before. */
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

  /** Marks the position as unusable until a snapshot is complete. */
  void lose() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      holds = false;
    } finally {
      lock.unlock();
    }
  }

  /** Records that a message was processed. */
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

  /** Makes the newest position durable before which everything was processed. */
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
      // An older position works too; it only makes the next start slower.
      String problem = AgentDirectory.problem(e);
      if (problems.isNews(problem)) {
        events.accept(new AgentEvent(AgentEvent.Kind.WAITING, "", "", 0, "disk", problem));
      }
    } finally {
      lock.unlock();
    }
  }
}
