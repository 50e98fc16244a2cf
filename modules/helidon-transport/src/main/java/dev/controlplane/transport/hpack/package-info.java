/** HTTP/2 header lists: decoding, checking, and encoding so that each client can read them. */
package dev.controlplane.transport.hpack;
