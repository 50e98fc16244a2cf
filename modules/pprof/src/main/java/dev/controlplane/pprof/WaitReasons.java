package dev.controlplane.pprof;

import java.util.HashMap;
import java.util.Map;

/**
 * Go's words for what a thread does (runtime/runtime2.go, waitReasonStrings), from evidence alone:
 * the JDK methods at the leaf of its stack and what it is parked on. What the table doesn't know is
 * {@link #WAITING}.
 *
 * <p>The stack is read from the leaf outwards, as far as the JDK's frames go. How a thread stops
 * comes first (parked, in a native call), then for what (the lock, the condition), then what it is
 * a part of (a queue's {@code take}, a {@code join}). The outermost says what the user asked for,
 * but never hides a lock: a consumer that can't even get at its queue waits for a mutex.
 */
final class WaitReasons {
  static final String RUNNING = "running";
  static final String RUNNABLE = "runnable";
  static final String WAITING = "waiting";
  static final String SLEEP = "sleep";
  static final String IO_WAIT = "IO wait";
  static final String SYSCALL = "syscall";
  static final String CHAN_RECEIVE = "chan receive";
  static final String CHAN_SEND = "chan send";
  static final String SELECT = "select";
  static final String SEMACQUIRE = "semacquire";
  static final String MUTEX = "sync.Mutex.Lock";
  static final String READ_LOCK = "sync.RWMutex.RLock";
  static final String WRITE_LOCK = "sync.RWMutex.Lock";
  static final String COND = "sync.Cond.Wait";
  static final String WAIT_GROUP = "sync.WaitGroup.Wait";

  /** What a method on the stack says, and how much its word weighs. */
  record Evidence(Weight weight, String reason) {}

  enum Weight {
    /** Parks the thread; says nothing about why. */
    PARK,
    /** Waits for a synchronizer; the frames around it say which. */
    ACQUIRE,
    /** A native call: the thread waits in it, though Java calls it runnable. */
    NATIVE,
    /** Says it all. */
    FINAL,
    /** The synchronizer that was waited for; says it all if the thread was parked in it. */
    SYNCHRONIZER,
    /** Waits for a signal; if it waits for a synchronizer, then for its lock afterwards. */
    CONDITION,
    /** What a wait is a part of. */
    PURPOSE
  }

  private static final Map<String, Evidence> TABLE = new HashMap<>();

  static {
    String juc = "java.util.concurrent.";
    String locks = juc + "locks.";

    rows(Weight.PARK, null, locks + "LockSupport", "park", "parkNanos", "parkUntil");
    rows(Weight.PARK, null, "jdk.internal.misc.Unsafe", "park");
    rows(
        Weight.PARK,
        null,
        "java.lang.VirtualThread",
        "park",
        "parkNanos",
        "parkOnCarrierThread",
        "yieldContinuation");
    rows(Weight.ACQUIRE, null, locks + "AbstractQueuedSynchronizer", "acquire");
    rows(Weight.ACQUIRE, null, locks + "AbstractQueuedLongSynchronizer", "acquire");

    rows(Weight.FINAL, SLEEP, "java.lang.Thread", "sleep", "sleepNanos", "sleep0", "sleepNanos0");

    rows(Weight.NATIVE, IO_WAIT, "sun.nio.ch.EPoll", "wait");
    rows(Weight.NATIVE, IO_WAIT, "sun.nio.ch.KQueue", "poll");
    rows(Weight.NATIVE, IO_WAIT, "sun.nio.ch.WEPoll", "wait");
    rows(Weight.NATIVE, IO_WAIT, "sun.nio.ch.Net", "poll", "accept", "connect0", "pollConnect");
    rows(Weight.NATIVE, IO_WAIT, "sun.nio.ch.PollSelectorImpl", "poll");
    rows(Weight.NATIVE, IO_WAIT, "sun.nio.ch.UnixDomainSockets", "accept0", "connect0");
    rows(
        Weight.NATIVE,
        IO_WAIT,
        "sun.nio.ch.SocketDispatcher",
        "read0",
        "readv0",
        "write0",
        "writev0");
    rows(
        Weight.NATIVE,
        IO_WAIT,
        "sun.nio.ch.DatagramDispatcher",
        "read0",
        "readv0",
        "write0",
        "writev0");
    rows(Weight.NATIVE, IO_WAIT, "sun.nio.ch.DatagramChannelImpl", "receive0", "send0");
    rows(Weight.NATIVE, IO_WAIT, "sun.nio.fs.LinuxWatchService", "poll");
    rows(Weight.FINAL, IO_WAIT, "sun.nio.ch.Poller", "poll", "pollSelector");
    rows(Weight.FINAL, IO_WAIT, "sun.nio.ch.SelectorImpl", "select", "lockAndDoSelect");

    rows(
        Weight.NATIVE,
        SYSCALL,
        "java.io.FileInputStream",
        "read0",
        "readBytes",
        "readBytes0",
        "open0",
        "skip0");
    rows(
        Weight.NATIVE,
        SYSCALL,
        "java.io.FileOutputStream",
        "write",
        "writeBytes",
        "write0",
        "open0");
    rows(
        Weight.NATIVE,
        SYSCALL,
        "java.io.RandomAccessFile",
        "read0",
        "readBytes0",
        "write0",
        "writeBytes0",
        "open0",
        "setLength0");
    rows(Weight.NATIVE, SYSCALL, "java.io.FileDescriptor", "sync0", "close0");
    rows(Weight.NATIVE, SYSCALL, "java.io.UnixFileSystem", "getBooleanAttributes0", "delete0");
    rows(Weight.NATIVE, SYSCALL, "java.lang.ProcessHandleImpl", "waitForProcessExit0");
    rows(Weight.NATIVE, SYSCALL, "java.lang.ProcessImpl", "forkAndExec");
    rows(Weight.NATIVE, SYSCALL, "java.net.Inet4AddressImpl", "lookupAllHostAddr");
    rows(Weight.NATIVE, SYSCALL, "java.net.Inet6AddressImpl", "lookupAllHostAddr");
    for (String dispatcher :
        new String[] {"sun.nio.ch.UnixFileDispatcherImpl", "sun.nio.ch.FileDispatcherImpl"}) {
      rows(
          Weight.NATIVE,
          SYSCALL,
          dispatcher,
          "read0",
          "readv0",
          "pread0",
          "write0",
          "writev0",
          "pwrite0",
          "force0",
          "lock0",
          "transferTo0",
          "transferFrom0",
          "truncate0",
          "size0");
    }
    rows(
        Weight.NATIVE,
        SYSCALL,
        "sun.nio.fs.UnixNativeDispatcher",
        "open0",
        "read0",
        "write0",
        "stat0",
        "lstat0",
        "readdir0",
        "rename0",
        "unlink0",
        "fsync0",
        "mkdir0");
    rows(Weight.PURPOSE, SYSCALL, "java.lang.ProcessImpl", "waitFor");
    rows(Weight.NATIVE, WAITING, "java.lang.ref.Reference", "waitForReferencePendingList");
    rows(Weight.NATIVE, WAITING, "java.lang.VirtualThread", "takeVirtualThreadListToUnblock");

    rows(
        Weight.SYNCHRONIZER,
        MUTEX,
        locks + "ReentrantLock",
        "lock",
        "lockInterruptibly",
        "tryLock");
    rows(
        Weight.SYNCHRONIZER,
        READ_LOCK,
        locks + "ReentrantReadWriteLock$ReadLock",
        "lock",
        "lockInterruptibly",
        "tryLock");
    rows(
        Weight.SYNCHRONIZER,
        WRITE_LOCK,
        locks + "ReentrantReadWriteLock$WriteLock",
        "lock",
        "lockInterruptibly",
        "tryLock");
    rows(
        Weight.SYNCHRONIZER,
        READ_LOCK,
        locks + "StampedLock",
        "acquireRead",
        "readLock",
        "readLockInterruptibly",
        "tryReadLock");
    rows(
        Weight.SYNCHRONIZER,
        WRITE_LOCK,
        locks + "StampedLock",
        "acquireWrite",
        "writeLock",
        "writeLockInterruptibly",
        "tryWriteLock");
    rows(
        Weight.SYNCHRONIZER,
        SEMACQUIRE,
        juc + "Semaphore",
        "acquire",
        "acquireUninterruptibly",
        "tryAcquire");
    rows(Weight.SYNCHRONIZER, WAIT_GROUP, juc + "CountDownLatch", "await");

    rows(Weight.CONDITION, COND, "java.lang.Object", "wait", "wait0");
    for (String synchronizer :
        new String[] {"AbstractQueuedSynchronizer", "AbstractQueuedLongSynchronizer"}) {
      rows(
          Weight.CONDITION,
          COND,
          locks + synchronizer + "$ConditionObject",
          "await",
          "awaitNanos",
          "awaitUntil",
          "awaitUninterruptibly");
    }

    for (String queue :
        new String[] {
          "ArrayBlockingQueue",
          "LinkedBlockingQueue",
          "PriorityBlockingQueue",
          "DelayQueue",
          "SynchronousQueue",
          "LinkedTransferQueue",
          "LinkedBlockingDeque",
          "ScheduledThreadPoolExecutor$DelayedWorkQueue"
        }) {
      rows(Weight.PURPOSE, CHAN_RECEIVE, juc + queue, "take", "poll");
      rows(Weight.PURPOSE, CHAN_SEND, juc + queue, "put", "offer", "transfer", "tryTransfer");
    }
    rows(
        Weight.PURPOSE,
        CHAN_RECEIVE,
        juc + "LinkedBlockingDeque",
        "takeFirst",
        "takeLast",
        "pollFirst",
        "pollLast");
    rows(
        Weight.PURPOSE,
        CHAN_SEND,
        juc + "LinkedBlockingDeque",
        "putFirst",
        "putLast",
        "offerFirst",
        "offerLast");
    rows(Weight.PURPOSE, CHAN_RECEIVE, "java.lang.ref.ReferenceQueue", "remove");
    rows(Weight.PURPOSE, CHAN_RECEIVE, juc + "FutureTask", "get");
    rows(Weight.PURPOSE, CHAN_RECEIVE, juc + "CompletableFuture", "get", "join");
    rows(Weight.PURPOSE, CHAN_RECEIVE, juc + "ForkJoinTask", "get", "join");

    rows(Weight.PURPOSE, SELECT, juc + "ExecutorCompletionService", "take", "poll");
    rows(Weight.PURPOSE, SELECT, juc + "AbstractExecutorService", "invokeAny");
    rows(Weight.PURPOSE, SELECT, juc + "ThreadPerTaskExecutor", "invokeAny");
    rows(Weight.PURPOSE, SELECT, juc + "ForkJoinPool", "invokeAny");

    rows(Weight.PURPOSE, WAIT_GROUP, "java.lang.Thread", "join");
    rows(Weight.PURPOSE, WAIT_GROUP, "java.lang.VirtualThread", "joinNanos");
    rows(Weight.PURPOSE, WAIT_GROUP, "jdk.internal.misc.ThreadFlock", "awaitAll", "close");
    rows(Weight.PURPOSE, WAIT_GROUP, juc + "StructuredTaskScope", "join", "joinUntil");
    rows(Weight.PURPOSE, WAIT_GROUP, juc + "StructuredTaskScopeImpl", "join");
    for (String executor :
        new String[] {
          "ThreadPoolExecutor", "ForkJoinPool", "ThreadPerTaskExecutor", "AbstractExecutorService"
        }) {
      rows(
          Weight.PURPOSE,
          WAIT_GROUP,
          juc + executor,
          "awaitTermination",
          "awaitQuiescence",
          "invokeAll",
          "close");
    }
    rows(
        Weight.PURPOSE,
        WAIT_GROUP,
        juc + "Phaser",
        "awaitAdvance",
        "awaitAdvanceInterruptibly",
        "arriveAndAwaitAdvance");
  }

  private WaitReasons() {}

  private static void rows(Weight weight, String reason, String className, String... methods) {
    for (String method : methods) {
      TABLE.put(className + "." + method, new Evidence(weight, reason));
    }
  }

  /** What a method of the JDK says, or null. */
  static Evidence evidence(String name) {
    return TABLE.get(name);
  }

  /**
   * What a stack says about its thread.
   *
   * @param stopped it ends in a method that parks or waits: its thread isn't running, whatever it
   *     waits for
   * @param acquiring it waits for a synchronizer that the stack doesn't name
   * @param reason why it waits, null if the stack doesn't tell
   * @param nativeReason the same, for a thread that Java calls runnable
   */
  record Finding(boolean stopped, boolean acquiring, String reason, String nativeReason) {
    static final Finding NONE = new Finding(false, false, null, null);
  }

  /** Reads a stack, leaf first, with every frame of the JDK in it. */
  static Finding read(Frame[] raw, int depth) {
    boolean stopped = false;
    boolean acquiring = false;
    String reason = null;
    for (int i = 0; i < depth && raw[i].function.internal; i++) {
      Evidence evidence = raw[i].function.evidence;
      if (evidence == null) {
        continue;
      }
      switch (evidence.weight) {
        case PARK -> stopped = true;
        case ACQUIRE -> acquiring = true;
        case NATIVE -> {
          if (i == 0) {
            return new Finding(true, false, evidence.reason, evidence.reason);
          }
        }
        case FINAL -> {
          if (!acquiring && reason == null) {
            return new Finding(true, false, evidence.reason, null);
          }
        }
        case SYNCHRONIZER -> {
          if (stopped && reason == null) {
            return new Finding(true, false, evidence.reason, null);
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
            reason = evidence.reason;
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
  static String state(Thread.State state, boolean mounted, String blocker, Finding finding) {
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
