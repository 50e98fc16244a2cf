package dev.controlplane.client;

/**
 * What the parts of one agent share.
 *
 * @param client reaches the servers
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
    ControlPlaneClient client,
    AgentSettings settings,
    AgentDirectory directory,
    WorkerStates states,
    AgentTasks tasks,
    AgentPosition position,
    AgentReports reports,
    AgentEvents events,
    WithheldDeletions withheld) {}
