/**
 * What an agent notes on disk: the versions that it keeps, its position in the log, and withheld
 * deletions.
 */
package dev.controlplane.client.agent.state;
