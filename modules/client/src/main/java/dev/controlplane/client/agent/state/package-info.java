/**
 * What an agent notes on disk: the versions that it keeps, where it is in the log, what it
 * withholds.
 */
package dev.controlplane.client.agent.state;
