/** Header lists of HTTP/2: decoded, checked, and written so that each client can read them. */
package dev.controlplane.transport.hpack;
