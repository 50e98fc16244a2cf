/**
 * Goroutine profiles of a JVM's threads, virtual and platform, in the formats of Go: for {@code go
 * tool pprof}, scrapers of Go servers and readers of Go stack dumps.
 *
 * <p>{@link dev.controlplane.pprof.GoroutineProfiler} takes profiles. {@link
 * dev.controlplane.pprof.Goroutines} starts threads whose creator they show. {@link
 * dev.controlplane.pprof.Labels} labels threads, like {@code pprof.Do}.
 */
package dev.controlplane.pprof;
