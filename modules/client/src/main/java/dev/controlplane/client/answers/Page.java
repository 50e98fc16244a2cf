package dev.controlplane.client.answers;

import java.util.List;

/**
 * One page of a listing.
 *
 * @param items in the listing's order
 * @param next the {@code after} argument for the next page; null at the end
 */
public record Page<T>(List<T> items, String next) {
  public Page {
    items = List.copyOf(items);
  }
}
