/** The command that runs an agent, and tells how one fares. */
package dev.controlplane.client.cli.agent;
