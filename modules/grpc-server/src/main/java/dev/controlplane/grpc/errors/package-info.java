/** The errors of gRPC calls and invalid request fields. */
package dev.controlplane.grpc.errors;
