package dev.controlplane.pprof.model;

/**
 * Go's words for what a thread does (runtime/runtime2.go, waitReasonStrings), from evidence alone:
 * the JDK methods at the leaf of its stack ({@link WaitEvidence}) and what it is parked on. What
 * the table doesn't know is {@link #WAITING}.
 *
 * <p>The stack is read from the leaf outwards, as far as the JDK's frames go. How a thread stops
 * comes first (parked, in a native call), then for what (the lock, the condition), then what it is
 * a part of (a queue's {@code take}, a {@code join}). The outermost says what the user asked for,
 * but never hides a lock: a consumer that can't even get at its queue waits for a mutex.
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
   * @param stopped it ends in a method that parks or waits: its thread isn't running, whatever it
   *     waits for
   * @param acquiring it waits for a synchronizer that the stack doesn't name
   * @param reason why it waits, null if the stack doesn't tell
   * @param nativeReason the same, for a thread that Java calls runnable
   */
  public record Finding(boolean stopped, boolean acquiring, String reason, String nativeReason) {
    static final Finding NONE = new Finding(false, false, null, null);
  }

  /** Reads a stack, leaf first, with every frame of the JDK in it. */
  public static Finding read(Frame[] raw, int depth) {
    boolean stopped = false;
    boolean acquiring = false;
    String reason = null;
    for (int i = 0; i < depth && raw[i].function.internal; i++) {
      WaitEvidence evidence = raw[i].function.evidence;
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
   * The state of a goroutine.
   *
   * @param state null where the dump has none (JDK 21 to 24)
   * @param mounted whether a virtual thread has a carrier; true for a platform thread
   * @param blocker class of what it is parked on, null if nothing or unknown
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
      // A read lock names itself on the stack; what is left is a condition's, a write lock.
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
