/** Commands that publish, fetch and list workers and their versions. */
package dev.controlplane.client.cli.workers;
