package dev.controlplane.client.answers;

import java.util.List;

/**
 * One page of a listing.
 *
 * @param items in the listing's order
 * @param next what to pass as {@code after} for the page that follows; null at the end
 */
public record Page<T>(List<T> items, String next) {
  /** Copies the items. */
  public Page {
    items = List.copyOf(items);
  }
}
