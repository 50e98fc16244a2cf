package dev.controlplane.client.answers;

/**
 * Which rows of the matrix of consumers and workers to show; null: no matter.
 *
 * @param lagging whether something else is active than is desired
 * @param rejected whether what is desired was rejected
 */
public record StatusFilter(Boolean lagging, Boolean rejected) {
  /** Every row. */
  public static final StatusFilter ALL = new StatusFilter(null, null);
}
