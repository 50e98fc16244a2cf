/**
 * How a thread becomes a goroutine: what is recorded of threads, and what they wait for. For this
 * library's own use.
 */
package dev.controlplane.pprof.threads;
