package dev.controlplane.client.agent;

import dev.controlplane.client.RetryPolicy;
import dev.controlplane.client.http.Fetching;
import dev.controlplane.client.stream.GrpcChannels;

/**
 * An agent's access to the servers.
 *
 * @param channels to the grpc-server
 * @param fetching from the consumer-server
 * @param retry when to retry what failed
 */
public record AgentServers(GrpcChannels channels, Fetching fetching, RetryPolicy retry) {}
