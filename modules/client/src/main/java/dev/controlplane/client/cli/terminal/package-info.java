/** What a command writes: text, tables, and what becomes of an output that is closed or full. */
package dev.controlplane.client.cli.terminal;
