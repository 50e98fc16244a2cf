package dev.controlplane.pprof.threads;

import dev.controlplane.pprof.model.Frame;

/**
 * Determines what a thread does, in Go's words (runtime/runtime2.go, waitReasonStrings), from
 * evidence only: the JDK methods at the leaf of its stack ({@link WaitEvidence}) and the object
 * that it is parked on. Without evidence the word is {@link #WAITING}.
 *
 * <p>Implementation note: the stack is read from the leaf outwards, up to the first frame outside
 * the JDK. The frames first show how the thread stopped (parked, in a native call), then what it
 * waits for (the lock, the condition), then what that is a part of (a queue's {@code take}, a
 * {@code join}). The outermost shows what the user asked for and decides, except that it never
 * hides a lock: a consumer that can't even lock its queue waits for a mutex.
 */
public final class WaitReasons {
  static final String RUNNING = "running";
  static final String RUNNABLE = "runnable";
  public static final String WAITING = "waiting";
  static final String SLEEP = "sleep";
  static final String IO_WAIT = "IO wait";
  public static final String SYSCALL = "syscall";
  static final String CHAN_RECEIVE = "chan receive";
  static final String CHAN_SEND = "chan send";
  static final String SELECT = "select";
  static final String SEMACQUIRE = "semacquire";
  static final String MUTEX = "sync.Mutex.Lock";
  static final String READ_LOCK = "sync.RWMutex.RLock";
  static final String WRITE_LOCK = "sync.RWMutex.Lock";
  static final String COND = "sync.Cond.Wait";
  static final String WAIT_GROUP = "sync.WaitGroup.Wait";

  private WaitReasons() {}

  /**
   * What a stack says about its thread.
   *
   * @param stopped the stack ends in a method that parks or waits, so the thread is not running
   * @param acquiring the thread waits for a synchronizer that the stack does not name
   * @param reason why the thread waits; null if the stack does not tell
   * @param nativeReason the same, for a thread that Java reports as runnable
   */
  public record Finding(boolean stopped, boolean acquiring, String reason, String nativeReason) {
    static final Finding NONE = new Finding(false, false, null, null);
  }

  /**
   * Whether Go's block profile counts waits for this reason: on locks, conditions, channels and
   * groups, but not on time, the network, files and native calls (runtime/pprof).
   *
   * @param parkedOn whether the thread is parked on an object; a thread whose stack does not tell
   *     the reason counts if it is
   */
  public static boolean isSynchronization(String reason, boolean parkedOn) {
    return switch (reason) {
      case CHAN_RECEIVE, CHAN_SEND, SELECT, SEMACQUIRE, MUTEX, READ_LOCK, WRITE_LOCK -> true;
      case COND, WAIT_GROUP -> true;
      case WAITING -> parkedOn;
      default -> false;
    };
  }

  /** Whether the reason is a lock that another thread holds. */
  public static boolean isLock(String reason) {
    return switch (reason) {
      case MUTEX, READ_LOCK, WRITE_LOCK -> true;
      default -> false;
    };
  }

  /** Evaluates a complete stack, leaf first, including all JDK frames. */
  public static Finding read(Frame[] raw, int depth) {
    boolean stopped = false;
    boolean acquiring = false;
    String reason = null;
    for (int i = 0; i < depth && raw[i].function.internal; i++) {
      WaitEvidence evidence = WaitEvidence.of(raw[i].function.name);
      if (evidence == null) {
        continue;
      }
      switch (evidence.weight()) {
        case PARK -> stopped = true;
        case ACQUIRE -> acquiring = true;
        case NATIVE -> {
          if (i == 0) {
            return new Finding(true, false, evidence.reason(), evidence.reason());
          }
        }
        case FINAL -> {
          if (!acquiring && reason == null) {
            return new Finding(true, false, evidence.reason(), null);
          }
        }
        case SYNCHRONIZER -> {
          if (stopped && reason == null) {
            return new Finding(true, false, evidence.reason(), null);
          }
        }
        case CONDITION -> {
          if (acquiring) {
            return new Finding(true, true, null, null);
          }
          stopped = true;
          reason = reason == null ? COND : reason;
        }
        case PURPOSE -> {
          if (stopped && !acquiring) {
            reason = evidence.reason();
          }
        }
      }
    }
    return stopped ? new Finding(true, acquiring, reason, null) : Finding.NONE;
  }

  /**
   * Returns the state of a goroutine.
   *
   * @param state null if the dump has none (JDK 21 to 24)
   * @param mounted whether a virtual thread has a carrier; true for a platform thread
   * @param blocker class of the object that the thread is parked on; null for none or unknown
   */
  public static String state(Thread.State state, boolean mounted, String blocker, Finding finding) {
    if (state == null) {
      if (finding.stopped) {
        return reason(finding, blocker);
      }
      return mounted ? RUNNING : RUNNABLE;
    }
    return switch (state) {
      case BLOCKED -> MUTEX;
      case WAITING, TIMED_WAITING -> reason(finding, blocker);
      default -> {
        if (finding.nativeReason != null) {
          yield finding.nativeReason;
        }
        yield finding.stopped || !mounted ? RUNNABLE : RUNNING;
      }
    };
  }

  private static String reason(Finding finding, String blocker) {
    if (finding.reason != null) {
      return finding.reason;
    }
    if (finding.acquiring && blocker != null) {
      String prefix = "java.util.concurrent.";
      if (blocker.startsWith(prefix + "locks.ReentrantLock$")) {
        return MUTEX;
      }
      // A read lock shows on the stack, so this is a write lock, needed again after a condition's
      // wait.
      if (blocker.startsWith(prefix + "locks.ReentrantReadWriteLock$")) {
        return WRITE_LOCK;
      }
      if (blocker.startsWith(prefix + "Semaphore$")) {
        return SEMACQUIRE;
      }
      if (blocker.startsWith(prefix + "CountDownLatch$")) {
        return WAIT_GROUP;
      }
    }
    return WAITING;
  }
}
