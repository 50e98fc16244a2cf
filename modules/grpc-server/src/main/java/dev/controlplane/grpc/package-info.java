/** grpc-server: pushes every update of the log to its subscribers. */
package dev.controlplane.grpc;
