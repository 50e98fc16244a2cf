package dev.controlplane.faults;

import java.util.Set;

/** What an agent does to a server, at its hooks. Any thread may come along. */
interface Fault {
  /** The methods that {@link #entered} and {@link #left} are called for. */
  Set<Hook> hooks();

  /**
   * Before the method's body.
   *
   * @param self null in a static method
   * @param arguments what is put here the method gets
   * @return whether the body is left out; what it would return is 0 or null then
   */
  default boolean entered(Hook hook, Object self, Object[] arguments) throws Exception {
    return false;
  }

  /**
   * Before the method returns.
   *
   * @param arguments as they are now
   * @param value what it returns; null in a void method
   * @return what it returns instead
   */
  default Object left(Hook hook, Object self, Object[] arguments, Object value) throws Exception {
    return value;
  }
}
