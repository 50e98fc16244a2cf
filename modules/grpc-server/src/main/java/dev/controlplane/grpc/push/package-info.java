/** The way of updates from the log to open streams: the tail, subscriptions, snapshots. */
package dev.controlplane.grpc.push;
