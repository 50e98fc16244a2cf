/**
 * Listening sockets: connection limits, accept loops that survive failures, and clients that
 * disconnect.
 */
package dev.controlplane.transport.socket;
