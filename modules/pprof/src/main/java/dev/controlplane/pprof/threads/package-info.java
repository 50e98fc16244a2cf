/**
 * How a thread becomes a goroutine: what is recorded of threads, which frames are shown, what they
 * wait for. For this library's own use.
 */
package dev.controlplane.pprof.threads;
