/** gRPC calls on HTTP/2 streams: messages, deadlines, and how calls end. */
package dev.controlplane.transport.grpc;
