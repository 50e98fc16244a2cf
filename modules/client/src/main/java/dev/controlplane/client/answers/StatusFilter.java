package dev.controlplane.client.answers;

/**
 * Which rows of the matrix of consumers and workers to show. A null field matches every row.
 *
 * @param lagging true for rows whose consumer lacks updates of the worker, false for the others
 * @param rejected true for rows whose desired version was rejected, false for the others
 */
public record StatusFilter(Boolean lagging, Boolean rejected) {
  /** Every row. */
  public static final StatusFilter ALL = new StatusFilter(null, null);
}
