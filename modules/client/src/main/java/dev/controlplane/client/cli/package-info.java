/** The {@code cpctl} command line: one class for each command, on top of the client library. */
package dev.controlplane.client.cli;
