/** The errors of the service's calls, and which field of a request was wrong. */
package dev.controlplane.grpc.errors;
