/**
 * A JVM's threads, virtual and platform, as Go goroutine profiles: what {@code go tool pprof}, the
 * scrapers of Go servers and the readers of Go stack dumps understand.
 *
 * <p>{@link dev.controlplane.pprof.GoroutineProfiler} takes profiles, {@link
 * dev.controlplane.pprof.Goroutines} starts threads whose creator they know, {@link
 * dev.controlplane.pprof.Labels} tags threads as {@code pprof.Do} does.
 */
package dev.controlplane.pprof;
