/** Goroutines as they are shown: their frames, stacks, labels, and what they wait for. */
package dev.controlplane.pprof.model;
