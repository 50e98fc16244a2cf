/** Listening sockets: how many connections they have, and what their clients' leaving means. */
package dev.controlplane.transport.socket;
