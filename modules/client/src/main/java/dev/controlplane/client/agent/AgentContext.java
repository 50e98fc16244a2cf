package dev.controlplane.client.agent;

import dev.controlplane.client.agent.state.AgentDirectory;
import dev.controlplane.client.agent.state.WithheldDeletions;
import dev.controlplane.client.agent.state.WorkerStates;

/**
 * The objects that the parts of one agent share.
 *
 * @param servers access to the servers
 * @param settings the agent's settings
 * @param directory the agent's directory
 * @param states the state of each worker
 * @param tasks what is left to do
 * @param position the position of the subscription
 * @param reports sends reports to the server
 * @param events sends events to the listener
 * @param withheld the withheld deletions
 */
record AgentContext(
    AgentServers servers,
    AgentSettings settings,
    AgentDirectory directory,
    WorkerStates states,
    AgentTasks tasks,
    AgentPosition position,
    AgentReports reports,
    AgentEvents events,
    WithheldDeletions withheld) {}
