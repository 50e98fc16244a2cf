/** The command that runs an agent, shows its status, and confirms deletions. */
package dev.controlplane.client.cli.agent;
