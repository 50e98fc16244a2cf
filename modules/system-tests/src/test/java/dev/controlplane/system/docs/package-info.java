/**
 * Tests that hold the reference pages, {@code --help} and the metrics to what the servers and
 * {@code cpctl} do.
 */
package dev.controlplane.system.docs;
