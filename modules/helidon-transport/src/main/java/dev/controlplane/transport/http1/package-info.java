/** HTTP/1.1 and HTTP/1.0: time limits to heads and writes, and bodies that come in pieces. */
package dev.controlplane.transport.http1;
