/** HTTP/2 frames: their layout, and limits on how many of them a client may send. */
package dev.controlplane.transport.frames;
