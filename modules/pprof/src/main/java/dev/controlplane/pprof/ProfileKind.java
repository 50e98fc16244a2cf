package dev.controlplane.pprof;

import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.writers.ProfileText;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;

/**
 * A kind of profile: what stands behind one name below {@code /debug/pprof/}. A program adds its
 * own with {@link Profiles#add}; {@link CustomProfile} is one that is ready to use.
 *
 * @since 0.1.0
 */
public sealed interface ProfileKind {
  /** The name in the path, such as {@code goroutine}: letters, digits, {@code _} and {@code -}. */
  String name();

  /** One or two sentences for the index page. */
  String description();

  /**
   * The number that the index page shows, found without work worth mentioning; 0 if there is none.
   */
  long count();

  /**
   * A state at a moment, such as the stacks of all threads.
   *
   * @since 0.1.0
   */
  non-sealed interface Snapshot extends Collected {}

  /**
   * Sums since the process started, which never fall, such as all allocations.
   *
   * @since 0.1.0
   */
  non-sealed interface Cumulative extends Collected {
    @Override
    default boolean hasDelta() {
      return true;
    }
  }

  /**
   * What is there at any moment: it can be collected at once, and twice for a difference.
   *
   * @since 0.1.0
   */
  sealed interface Collected extends ProfileKind permits Snapshot, Cumulative {
    /**
     * Collects the profile now.
     *
     * @throws IllegalParameterException if a parameter of this kind is invalid
     * @throws IOException if this JVM does not give it; the message says why
     */
    Profile collect(Parameters parameters) throws IOException, IllegalParameterException;

    /**
     * Whether {@code seconds=N} gives the difference of two profiles. Go's own kinds have one,
     * those that a program adds have none.
     */
    default boolean hasDelta() {
      return false;
    }

    /**
     * Returns what the binary form shows of a collected profile, or of the difference of two. A
     * kind may merge samples here, because scrapers make a series of each set of labels. By default
     * it shows everything.
     *
     * @param parameters those that the profile was collected with
     * @throws IllegalParameterException if a parameter of this kind is invalid
     */
    default Profile shown(Profile collected, Parameters parameters)
        throws IllegalParameterException {
      return collected;
    }

    /**
     * Whether {@link #writeText} writes a binary profile for this value of {@code debug}, which is
     * served like the one for 0: as {@code application/octet-stream} and as an attachment.
     */
    default boolean isBinary(long debug) {
      return false;
    }

    /**
     * Writes a text for people or for readers of Go's texts. By default it counts the first value
     * of the profile by stack, as {@link ProfileText#write} does. Does not close the stream.
     *
     * @param debug 1 or more, as the request says
     * @throws IllegalParameterException if a parameter of this kind is invalid; nothing has been
     *     written then
     * @throws IOException as {@link #collect}, or if the stream fails
     */
    default void writeText(long debug, Parameters parameters, OutputStream out)
        throws IOException, IllegalParameterException {
      ProfileText.write(collect(parameters), out);
    }
  }

  /**
   * What happens during a time, such as the CPU profile. One recording at a time.
   *
   * @since 0.1.0
   */
  non-sealed interface Window extends ProfileKind {
    /**
     * Records for a time.
     *
     * @param patience waits for the time that it is given; the recording ends early if its client
     *     leaves
     * @throws InUseException if a recording runs already
     * @throws IOException if this JVM does not give it; the message says why
     */
    Profile record(Duration time, Parameters parameters, Patience patience)
        throws IOException, InUseException, IllegalParameterException, InterruptedException;
  }

  /**
   * A recording in a format of its own, such as {@code trace}. One recording at a time.
   *
   * @since 0.1.0
   */
  non-sealed interface Raw extends ProfileKind {
    /**
     * Records for a time, then opens the target and writes the recording to it.
     *
     * @param patience as for {@link Window#record}
     * @throws InUseException if a recording runs already; the target was not opened then
     * @throws IOException if this JVM does not give it, or the stream fails
     */
    void record(Duration time, Parameters parameters, Patience patience, Target target)
        throws IOException, InUseException, IllegalParameterException, InterruptedException;
  }

  /**
   * The parameters of a request, such as {@code gc=1}.
   *
   * @since 0.1.0
   */
  @FunctionalInterface
  interface Parameters {
    /** No parameters. */
    Parameters NONE = name -> "";

    /** The value of a parameter; empty if it is missing. */
    String text(String name);
  }

  /**
   * Waits on behalf of a recording.
   *
   * @since 0.1.0
   */
  @FunctionalInterface
  interface Patience {
    /** Sleeps, whoever waits for the recording. */
    Patience SLEEP =
        time -> {
          Thread.sleep(time);
          return true;
        };

    /** Waits for a time. Returns false early if nobody waits for the recording any more. */
    boolean await(Duration time) throws InterruptedException;
  }

  /**
   * Opens the stream for a recording, once it is certain that there is something to write.
   *
   * @since 0.1.0
   */
  @FunctionalInterface
  interface Target {
    /** Opens the stream. */
    OutputStream open() throws IOException;
  }

  /**
   * A parameter has a value that its kind does not know. The message is for the client.
   *
   * @since 0.1.0
   */
  final class IllegalParameterException extends Exception {
    private static final long serialVersionUID = 1;

    public IllegalParameterException(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * A recording of this kind runs already. The message is Go's text for it.
   *
   * @since 0.1.0
   */
  final class InUseException extends Exception {
    private static final long serialVersionUID = 1;

    public InUseException(String message) {
      super(message, null, false, false);
    }
  }
}
