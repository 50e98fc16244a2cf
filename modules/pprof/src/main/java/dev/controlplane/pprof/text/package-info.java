/** Texts as bytes, for the writers. For this library's own use. */
package dev.controlplane.pprof.text;
