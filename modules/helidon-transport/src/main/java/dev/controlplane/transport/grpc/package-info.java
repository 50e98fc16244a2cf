/** Calls of gRPC on HTTP/2 streams: their messages, their deadline and their end. */
package dev.controlplane.transport.grpc;
