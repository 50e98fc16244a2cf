/** What the servers' answers say, as values. */
package dev.controlplane.client.answers;
