/**
 * HTTP/2 connections between the socket and Helidon: inbound frames, outbound frames, and the end
 * of streams and connections.
 */
package dev.controlplane.transport.http2;
