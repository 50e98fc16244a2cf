/** Commands that follow updates as they happen, or read those that have. */
package dev.controlplane.client.cli.follow;
