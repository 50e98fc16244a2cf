/**
 * HTTP/2 connections as Helidon starts them: which protocol a client speaks, the connection with
 * its context and routing, and the watchdog that ends it.
 */
package dev.controlplane.transport.http2.connection;
