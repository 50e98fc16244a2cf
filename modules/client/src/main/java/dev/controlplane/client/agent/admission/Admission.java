package dev.controlplane.client.agent.admission;

/** Decides whether a version is used, and makes ready for it. */
@FunctionalInterface
public interface Admission {
  /** Every version is. */
  Admission ALL = candidate -> {};

  /**
   * Looks at a version before the switch; when this returns, the version becomes the active one. A
   * version may be shown again, after a crash for example. While this is at work nothing else is.
   *
   * @throws RejectedException when it is not to be used: what was active stays so. Any runtime
   *     exception says the same.
   * @throws InterruptedException when the agent is to end; the version is shown again, then
   */
  void admit(Candidate candidate) throws RejectedException, InterruptedException;
}
