/** Writes text and tables, and handles an output that is closed or full. */
package dev.controlplane.client.cli.terminal;
