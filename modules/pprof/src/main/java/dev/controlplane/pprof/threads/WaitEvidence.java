package dev.controlplane.pprof.threads;

import static dev.controlplane.pprof.threads.WaitReasons.CHAN_RECEIVE;
import static dev.controlplane.pprof.threads.WaitReasons.CHAN_SEND;
import static dev.controlplane.pprof.threads.WaitReasons.COND;
import static dev.controlplane.pprof.threads.WaitReasons.IO_WAIT;
import static dev.controlplane.pprof.threads.WaitReasons.MUTEX;
import static dev.controlplane.pprof.threads.WaitReasons.READ_LOCK;
import static dev.controlplane.pprof.threads.WaitReasons.SELECT;
import static dev.controlplane.pprof.threads.WaitReasons.SEMACQUIRE;
import static dev.controlplane.pprof.threads.WaitReasons.SLEEP;
import static dev.controlplane.pprof.threads.WaitReasons.SYSCALL;
import static dev.controlplane.pprof.threads.WaitReasons.WAITING;
import static dev.controlplane.pprof.threads.WaitReasons.WAIT_GROUP;
import static dev.controlplane.pprof.threads.WaitReasons.WRITE_LOCK;

import java.util.HashMap;
import java.util.Map;

/**
 * What a JDK method on a thread's stack says about what the thread waits for.
 *
 * @param weight how the method is combined with others on the stack
 * @param reason one of the words of {@link WaitReasons}; null if the method does not tell
 */
record WaitEvidence(Weight weight, String reason) {
  enum Weight {
    /** Parks the thread; does not tell the reason. */
    PARK,
    /** Waits for a synchronizer; frames around it tell which. */
    ACQUIRE,
    /** A native call: the thread waits in it although Java reports it as runnable. */
    NATIVE,
    /** Decides the reason alone. */
    FINAL,
    /** A synchronizer; decides the reason if the thread is parked in it. */
    SYNCHRONIZER,
    /** Waits for a signal; inside it, ACQUIRE means that the signal has come but not the lock. */
    CONDITION,
    /** The operation that the wait is a part of. */
    PURPOSE
  }

  private static final Map<String, WaitEvidence> TABLE = new HashMap<>();

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

  private static void rows(Weight weight, String reason, String className, String... methods) {
    for (String method : methods) {
      TABLE.put(className + "." + method, new WaitEvidence(weight, reason));
    }
  }

  /** Returns the evidence of a JDK method, or null. */
  static WaitEvidence of(String name) {
    return TABLE.get(name);
  }
}
