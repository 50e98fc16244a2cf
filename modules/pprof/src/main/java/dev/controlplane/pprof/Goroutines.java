package dev.controlplane.pprof;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.Function;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.threads.Roster;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;

/**
 * Starts threads for which profiles show where they were started, by which thread, and with which
 * labels ({@code created by com.example.Feed.open in goroutine 7}). These facts are dropped when
 * the thread ends. Thread-safe.
 *
 * <p>The place is the first method on the stack outside of this class and the JDK. For a lambda it
 * is the method that contains the lambda.
 *
 * @since 0.1.0
 */
public final class Goroutines {
  private static final StackWalker WALKER = StackWalker.getInstance();
  private static final String PACKAGE_CLASSES = Goroutines.class.getName();

  private Goroutines() {}

  /** Starts a virtual thread, like Go's {@code go} statement. */
  public static Thread start(String name, Runnable work) {
    return Thread.ofVirtual().name(name).start(recorded(work));
  }

  /** A factory of virtual threads. The caller of {@code newThread} is shown as their creator. */
  public static ThreadFactory factory() {
    return factory(Thread.ofVirtual());
  }

  /**
   * A factory of threads from a builder, to set names, platform threads or daemons.
   *
   * @param builder used as {@link Thread.Builder#factory()} does
   */
  public static ThreadFactory factory(Thread.Builder builder) {
    ThreadFactory threads = builder.factory();
    return work -> threads.newThread(recorded(work));
  }

  /**
   * An executor that starts a virtual thread for each task. The submitter of the task is shown as
   * its creator.
   */
  public static ExecutorService executor() {
    return Executors.newThreadPerTaskExecutor(factory());
  }

  private static Runnable recorded(Runnable work) {
    Frame creator =
        WALKER
            .walk(frames -> frames.filter(Goroutines::isOutside).findFirst())
            .map(frame -> creator(frame.toStackTraceElement()))
            .orElse(null);
    long parent = Thread.currentThread().threadId();
    LabelSet labels = Roster.labels();
    return () -> Roster.run(creator, parent, labels, work);
  }

  private static boolean isOutside(StackWalker.StackFrame frame) {
    String name = frame.getClassName();
    return !name.equals(PACKAGE_CLASSES) && !Function.isJdk(name);
  }

  private static Frame creator(StackTraceElement element) {
    return Roster.FRAMES.frame(
        element.getClassName(),
        enclosingMethod(element.getMethodName()),
        element.getFileName(),
        element.getLineNumber());
  }

  /**
   * The method that contains a lambda: {@code subscribe} for {@code lambda$subscribe$0}, javac's
   * name for its body.
   */
  static String enclosingMethod(String method) {
    if (!method.startsWith("lambda$")) {
      return method;
    }
    int end = method.lastIndexOf('$');
    if (end <= "lambda$".length()) {
      return method;
    }
    String enclosing = method.substring("lambda$".length(), end);
    return switch (enclosing) {
      case "new" -> "<init>";
      case "static" -> "<clinit>";
      default -> enclosing;
    };
  }
}
