/** Commands that follow new updates or list past ones. */
package dev.controlplane.client.cli.follow;
