/** Goroutines counted again and again, for the page of {@code pprof-http}. */
package dev.controlplane.pprof.census;
