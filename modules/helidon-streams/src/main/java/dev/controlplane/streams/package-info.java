/**
 * What Helidon 4.5.0's gRPC server lacks for streams that live for days, and its HTTP/2 for large
 * answers, one class for each defect.
 *
 * <p>{@link dev.controlplane.streams.GrpcStreams#configure} turns a listener into one that serves
 * such streams; {@link dev.controlplane.streams.LongLivedStream} is what a handler holds while its
 * stream is open. {@link dev.controlplane.streams.HttpStreams#selector} makes the connections of a
 * listener that sends files. Nothing else is public, and everything goes once Helidon has it.
 */
package dev.controlplane.streams;
