/**
 * HTTP/1.1 and HTTP/1.0: time limits for heads and writes, and request bodies that are read in
 * pieces.
 */
package dev.controlplane.transport.http1;
