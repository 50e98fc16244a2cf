/** The streams of the grpc-server: updates received and reports sent. */
package dev.controlplane.client.stream;
