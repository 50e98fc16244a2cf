package dev.controlplane.client.agent;

/**
 * What an agent does with deletions that follow from a log that it has not followed before: after a
 * backup was restored, after a volume was lost, or at another server.
 */
public enum NewLog {
  /**
   * The agent keeps what is active and accepts new and changed versions. It withholds the deletions
   * until somebody confirms them: {@link Agent#confirmDeletions}.
   */
  KEEP,
  /** The agent deletes what the new log does not have. */
  FOLLOW,
  /** The agent ends with an error and deletes nothing. */
  STOP
}
