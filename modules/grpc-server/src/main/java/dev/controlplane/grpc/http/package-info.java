/** The HTTP API: who runs which version, the update log, the hint to look at it. */
package dev.controlplane.grpc.http;
