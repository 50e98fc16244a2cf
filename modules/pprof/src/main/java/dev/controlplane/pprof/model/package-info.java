/** Goroutines as profiles show them: frames, stacks, wait reasons, creators and labels. */
package dev.controlplane.pprof.model;
