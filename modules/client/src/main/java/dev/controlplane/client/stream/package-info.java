/** The streams of the grpc-server: updates that come in, reports that go out. */
package dev.controlplane.client.stream;
