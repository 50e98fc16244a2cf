/**
 * What Helidon 4.5.0's transports lack, one class for each defect: gRPC streams that live for days,
 * HTTP/2 for large answers, time limits of HTTP/1.1.
 *
 * <p>{@link dev.controlplane.transport.grpc.GrpcStreams#configure} turns a listener into one that
 * serves such streams; {@link dev.controlplane.transport.grpc.LongLivedStream} is what a handler
 * holds while its stream is open. {@link dev.controlplane.transport.http2.HttpStreams#selector}
 * makes the connections of a listener that sends files over HTTP/2, {@link
 * dev.controlplane.transport.http1.TimedHttp1} those of HTTP/1.1. Everything goes once Helidon has
 * it.
 */
package dev.controlplane.transport;
