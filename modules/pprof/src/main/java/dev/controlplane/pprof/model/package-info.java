/**
 * Goroutines as they are shown: their frames and stacks, what they wait for, and what is noted of
 * who started them and of their labels.
 */
package dev.controlplane.pprof.model;
