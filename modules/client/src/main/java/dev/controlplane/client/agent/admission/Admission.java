package dev.controlplane.client.agent.admission;

/** Decides whether a version is used, and may prepare for it. */
@FunctionalInterface
public interface Admission {
  /** Accepts every version. */
  Admission ALL = candidate -> {};

  /**
   * Decides about a version before the switch. When this method returns, the version becomes
   * active. A version may be offered repeatedly, for example after a crash. The agent does no other
   * work meanwhile.
   *
   * @throws RejectedException to reject the version; the active one stays so. Any runtime exception
   *     has the same effect.
   * @throws InterruptedException if the agent is ending; the version will be offered again
   */
  void admit(Candidate candidate) throws RejectedException, InterruptedException;
}
