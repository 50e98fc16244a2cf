package dev.controlplane.pprof;

import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A profile of a program's own: values that are in use, such as open sessions or files, by the
 * stack of the code that added them. It counts as Go's {@code pprof.NewProfile} does. Thread-safe.
 *
 * <pre>{@code
 * CustomProfile sessions = CustomProfile.create("sessions", "Open sessions.");
 * standard.profiles().add(sessions);
 *
 * sessions.add(session); // where a session is opened
 * sessions.remove(session); // where it is closed
 * }</pre>
 *
 * <p>Values are told apart by {@code equals}. The profile keeps a value in memory until it is
 * removed. A value that is never removed therefore stays in the profile, with the code that added
 * it.
 *
 * @since 0.1.0
 */
public final class CustomProfile implements ProfileKind.Snapshot {
  private final String name;
  private final String description;
  private final Map<Object, Stack> added = new ConcurrentHashMap<>();

  private CustomProfile(String name, String description) {
    this.name = Objects.requireNonNull(name, "name");
    this.description = Objects.requireNonNull(description, "description");
  }

  /**
   * Creates a profile without any value. {@link Profiles#add} makes it available to clients.
   *
   * @param name what it counts, such as {@code sessions}: letters, digits, {@code _}, {@code -} and
   *     {@code .}
   * @param description one or two sentences for the index page
   */
  public static CustomProfile create(String name, String description) {
    return new CustomProfile(name, description);
  }

  /**
   * Adds a value, with the stack of the calling thread from the caller of this method on.
   *
   * @return false if the profile has an equal value already; it then keeps that one and its stack
   */
  public boolean add(Object value) {
    StackTraceElement[] here = new Throwable().getStackTrace();
    Stack stack = Stack.of(Arrays.copyOfRange(here, Math.min(1, here.length), here.length));
    return added.putIfAbsent(value, stack) == null;
  }

  /**
   * Removes a value.
   *
   * @return whether the profile had it
   */
  public boolean remove(Object value) {
    return added.remove(value) != null;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String description() {
    return description;
  }

  /** How many values there are. */
  @Override
  public long count() {
    return added.size();
  }

  @Override
  public Profile collect(Parameters parameters) {
    Profile.Builder profile = Profile.builder(new Profile.ValueType(name, "count"));
    added.values().forEach(stack -> profile.add(stack, LabelSet.EMPTY, 1));
    return profile.build();
  }
}
