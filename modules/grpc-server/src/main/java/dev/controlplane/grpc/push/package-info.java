/** Updates on their way from the log to the open streams: tail, subscriptions, snapshots. */
package dev.controlplane.grpc.push;
