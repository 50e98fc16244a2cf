/**
 * One HTTP/2 connection between its socket and Helidon: what comes in, what goes out, and what ends
 * it.
 */
package dev.controlplane.transport.http2;
