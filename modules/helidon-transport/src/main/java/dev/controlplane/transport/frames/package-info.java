/** HTTP/2's frames: their layout, and how many of them a client may send. */
package dev.controlplane.transport.frames;
