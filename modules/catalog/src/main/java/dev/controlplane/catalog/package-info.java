/**
 * The domain: workers, their versions, the latest of each, the ordered log of updates, the blobs
 * and the consumers; and SQLite and files behind them.
 */
package dev.controlplane.catalog;
