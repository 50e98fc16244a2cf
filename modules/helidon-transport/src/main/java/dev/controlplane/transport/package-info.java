/**
 * What Helidon 4.5.0's transports lack, one class for each defect: gRPC streams that live for days,
 * HTTP/2 for large answers, time limits for HTTP/1.1. Each class can go once Helidon has fixed its
 * defect.
 *
 * <p>Entry points: {@link dev.controlplane.transport.grpc.GrpcStreams#configure} prepares a
 * listener for gRPC streams, and {@link dev.controlplane.transport.grpc.LongLivedStream} is the
 * handler's side of an open stream. {@link
 * dev.controlplane.transport.http2.connection.HttpStreams#selector} creates HTTP/2 connections for
 * a listener that sends files, and {@link dev.controlplane.transport.http1.TimedHttp1} creates
 * HTTP/1.1 connections.
 */
package dev.controlplane.transport;
