/** The servers' answers as values. */
package dev.controlplane.client.answers;
