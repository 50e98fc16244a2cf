package dev.controlplane.client.agent;

import dev.controlplane.client.agent.state.AgentDirectory;
import dev.controlplane.client.agent.state.WithheldDeletions;
import dev.controlplane.client.agent.state.WorkerStates;

/**
 * What the parts of one agent share.
 *
 * @param servers the ways to the servers
 * @param settings what the agent is to do
 * @param directory where it keeps versions
 * @param states what it knows of each worker
 * @param tasks what it still has to do
 * @param position where its subscription is
 * @param reports what it tells the server
 * @param events what it tells its listener
 * @param withheld the deletions that it withholds
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
