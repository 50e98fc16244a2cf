package dev.controlplane.faults;

import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** A build that breaks a guarantee, a little: most of what it does is right. */
@SuppressWarnings({
  "ImmutableEnumChecker",
  "ReferenceEquality"
}) // a hook is two strings; a stream is itself
public enum Mutant {
  /** One update is not sent, once. */
  DROPS_AN_UPDATE("grpc-server", DropOne::new),
  /** One update changes places with the next. */
  SWAPS_TWO_UPDATES("grpc-server", SwapTwo::new),
  /** One update is sent twice. */
  REPEATS_AN_UPDATE("grpc-server", RepeatOne::new),
  /** A bookmark says what the update behind it tells. */
  BOOKMARKS_TOO_EARLY("grpc-server", BookmarkFirst::new),
  /** Code of one update ends early. */
  TEARS_AN_UPDATE("grpc-server", TearOne::new),
  /** The later pages of a snapshot are of an earlier revision than the first. */
  MIXES_SNAPSHOTS("grpc-server", MixPages::new),
  /** A stream that goes on begins with what its token was behind. */
  RESUMES_TOO_EARLY("grpc-server", () -> new Resume(-1)),
  /** A stream that goes on leaves out the update behind its token. */
  RESUMES_TOO_LATE("grpc-server", () -> new Resume(1)),
  /** A token just below where the log was compacted is good. */
  FORGETS_WHERE_IT_COMPACTED("grpc-server", OffByOne::new),
  /** A token is good whatever log it is of. */
  TAKES_TOKENS_OF_ANOTHER_LOG("grpc-server", AnyToken::new),
  /** Streams stay open while the catalog is away, and the tail comes back at its head. */
  KEEPS_STREAMS_WITHOUT_A_LOG("grpc-server", () -> new LeaveOut(Hook.END_ALL)),
  /** What was cut before the tail came to it is left out without a word. */
  SKIPS_WHAT_WAS_COMPACTED("grpc-server", () -> new LeaveOut(Hook.FALL_BEHIND)),
  /** A log that went back is taken for the same log. */
  FORGETS_HOW_FAR_THE_LOG_WENT("upload-server", ForgetNote::new),
  /** Writes are answered before they are on disk. */
  ANSWERS_BEFORE_COMMIT("upload-server", AnswerFirst::new),
  /** A transaction is committed and answered while it is only in the page cache. */
  COMMITS_WITHOUT_FSYNC("upload-server", CommitUnsynced::new),
  /** A blob's new name is only in the page cache when its upload is answered. */
  RENAMES_WITHOUT_FSYNC("upload-server", RenameUnsynced::new);

  private final String server;
  private final Supplier<Fault> fault;

  Mutant(String server, Supplier<Fault> fault) {
    this.server = server;
    this.fault = fault;
  }

  /** The server that is broken. */
  public String server() {
    return server;
  }

  /** The agent's options. */
  public String options() {
    return "mutate," + name();
  }

  Fault fault() {
    return fault.get();
  }

  /** Has a look at what is sent; what it sends itself passes. */
  private abstract static class Sending implements Fault {
    /** Early enough for a short run, late enough that streams are well under way. */
    private static final int TIMES = 40;

    private final ThreadLocal<Boolean> own = ThreadLocal.withInitial(() -> false);
    private final AtomicInteger updates = new AtomicInteger();
    private final Set<Object> following = java.util.concurrent.ConcurrentHashMap.newKeySet();

    @Override
    public Set<Hook> hooks() {
      return Set.of(Hook.SEND);
    }

    @Override
    public boolean entered(Hook hook, Object stream, Object[] arguments) throws Exception {
      if (own.get()) {
        return false;
      }
      WorkerUpdate message = parsed(arguments[0]);
      boolean update = isUpdate(message);
      if (!update) {
        following.add(stream);
      }
      // Not what a snapshot tells: only behind its end, or a bookmark.
      int count = update && following.contains(stream) ? updates.incrementAndGet() : 0;
      return sends(stream, arguments, message, count);
    }

    /**
     * Before something is sent.
     *
     * @param count of an update behind a snapshot: how many there were; else 0
     * @return whether it is not sent
     */
    abstract boolean sends(Object stream, Object[] arguments, WorkerUpdate message, int count)
        throws Exception;

    static boolean isNow(int count) {
      return count == TIMES;
    }

    static boolean isUpdate(WorkerUpdate message) {
      return switch (message.getKind()) {
        case PUBLISHED, ROLLED_BACK, DELETED -> true;
        default -> false;
      };
    }

    void send(Object stream, Object message) throws Exception {
      own.set(true);
      try {
        Method send = stream.getClass().getMethod(Hook.SEND.method(), Object.class);
        send.invoke(stream, message);
      } finally {
        own.set(false);
      }
    }

    private static WorkerUpdate parsed(Object message) throws Exception {
      return WorkerUpdate.parseFrom((byte[]) message.getClass().getMethod("bytes").invoke(message));
    }

    /** A message as the server's encoder makes them, like another one. */
    static Object like(Object message, WorkerUpdate update) throws Exception {
      return message
          .getClass()
          .getConstructor(byte[].class, boolean.class)
          .newInstance(update.toByteArray(), false);
    }
  }

  private static final class DropOne extends Sending {
    @Override
    boolean sends(Object stream, Object[] arguments, WorkerUpdate message, int count) {
      return isNow(count);
    }
  }

  private static final class RepeatOne extends Sending {
    @Override
    boolean sends(Object stream, Object[] arguments, WorkerUpdate message, int count)
        throws Exception {
      if (isNow(count)) {
        send(stream, arguments[0]);
      }
      return false;
    }
  }

  private static final class SwapTwo extends Sending {
    private Object swapped;
    private Object late;

    @Override
    synchronized boolean sends(Object stream, Object[] arguments, WorkerUpdate message, int count)
        throws Exception {
      if (isNow(count)) {
        swapped = stream;
        late = arguments[0];
        return true;
      }
      if (stream == swapped && isUpdate(message)) {
        swapped = null;
        send(stream, arguments[0]);
        arguments[0] = late;
      }
      return stream == swapped;
    }
  }

  private static final class BookmarkFirst extends Sending {
    @Override
    boolean sends(Object stream, Object[] arguments, WorkerUpdate message, int count)
        throws Exception {
      if (isNow(count)) {
        send(
            stream,
            like(
                arguments[0],
                WorkerUpdate.newBuilder()
                    .setKind(UpdateKind.BOOKMARK)
                    .setRevision(message.getRevision())
                    .setResumeToken(message.getResumeToken())
                    .build()));
      }
      return false;
    }
  }

  private static final class TearOne extends Sending {
    private boolean torn;

    @Override
    synchronized boolean sends(Object stream, Object[] arguments, WorkerUpdate message, int count)
        throws Exception {
      if (count > 0 && !torn && message.getWorkerCode().size() > 1) {
        torn = true;
        arguments[0] =
            like(
                arguments[0],
                message.toBuilder().setWorkerCode(message.getWorkerCode().substring(1)).build());
      }
      return false;
    }
  }

  private static final class MixPages implements Fault {
    private static final long EARLIER = 20;

    @Override
    public Set<Hook> hooks() {
      return Set.of(Hook.SNAPSHOT_PAGE);
    }

    @Override
    public boolean entered(Hook hook, Object self, Object[] arguments) {
      boolean later = arguments.length == 3 && !arguments[2].equals("");
      if (later) {
        arguments[0] = Math.max(0, (long) arguments[0] - EARLIER);
      }
      return false;
    }
  }

  private static final class Resume implements Fault {
    private final int shift;

    Resume(int shift) {
      this.shift = shift;
    }

    @Override
    public Set<Hook> hooks() {
      return Set.of(Hook.START_AFTER);
    }

    @Override
    public boolean entered(Hook hook, Object self, Object[] arguments) {
      arguments[0] = Math.max(0, (long) arguments[0] + shift);
      return false;
    }
  }

  private static final class OffByOne implements Fault {
    @Override
    public Set<Hook> hooks() {
      return Set.of(Hook.COMPACTED);
    }

    @Override
    public Object left(Hook hook, Object self, Object[] arguments, Object value) {
      return Math.max(0, (long) value - 1);
    }
  }

  private static final class AnyToken implements Fault {
    @Override
    public Set<Hook> hooks() {
      return Set.of(Hook.OBSTACLE);
    }

    @Override
    public Object left(Hook hook, Object self, Object[] arguments, Object value) {
      return null;
    }
  }

  /** Something is not done. */
  private record LeaveOut(Hook what) implements Fault {
    @Override
    public Set<Hook> hooks() {
      return Set.of(what);
    }

    @Override
    public boolean entered(Hook hook, Object self, Object[] arguments) {
      return true;
    }
  }

  private static final class ForgetNote implements Fault {
    @Override
    public Set<Hook> hooks() {
      return Set.of(Hook.NOTED);
    }

    @Override
    public Object left(Hook hook, Object self, Object[] arguments, Object value) throws Exception {
      return value
          .getClass()
          .getConstructor(String.class, long.class, long.class, long.class)
          .newInstance("", 0, 0, 0);
    }
  }

  /** After some good commits, one is answered and never comes: the disk takes for ever. */
  private static final class AnswerFirst implements Fault {
    private static final int GOOD = 10;
    private final AtomicInteger commits = new AtomicInteger();
    private volatile Collection<?> batch;

    @Override
    public Set<Hook> hooks() {
      return Set.of(Hook.TRANSACTION, Hook.EXECUTE);
    }

    @Override
    public boolean entered(Hook hook, Object self, Object[] arguments) throws Exception {
      if (hook.equals(Hook.TRANSACTION)) {
        batch = (Collection<?>) arguments[0];
      } else if (arguments[0].equals("COMMIT") && commits.incrementAndGet() > GOOD) {
        for (Object request : batch) {
          Method answer = request.getClass().getDeclaredMethod("answer");
          answer.setAccessible(true);
          answer.invoke(request);
        }
        new CountDownLatch(1).await();
      }
      return false;
    }
  }

  private static final class CommitUnsynced implements Fault {
    @Override
    public Set<Hook> hooks() {
      return Set.of(Hook.SET_SYNCHRONOUS);
    }

    @Override
    public boolean entered(Hook hook, Object self, Object[] arguments) {
      Object[] modes = arguments[0].getClass().getEnumConstants();
      arguments[0] =
          Arrays.stream(modes).filter(mode -> mode.toString().equals("OFF")).findFirst().get();
      return false;
    }
  }

  private static final class RenameUnsynced implements Fault {
    @Override
    public Set<Hook> hooks() {
      return Set.of(Hook.SYNC_DIRECTORY);
    }

    @Override
    public boolean entered(Hook hook, Object self, Object[] arguments) {
      return true;
    }
  }
}
