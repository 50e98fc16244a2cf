/** Threads that wait for each other in a circle. */
package dev.controlplane.pprof.deadlock;
