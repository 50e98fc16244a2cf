/** The {@code cpctl} command line: one class a command, over the client library. */
package dev.controlplane.client.cli;
