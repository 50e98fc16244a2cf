package dev.controlplane.system.history;

/**
 * A place where a history breaks a guarantee.
 *
 * @param guarantee its name
 * @param where the consumer, or what else it happened to
 * @param what happened, and what had to
 */
public record Violation(String guarantee, String where, String what) {
  @Override
  public String toString() {
    return guarantee + ": " + where + ": " + what;
  }
}
