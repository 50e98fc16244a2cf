/** Threads that nothing can wake. */
package dev.controlplane.pprof.leak;
