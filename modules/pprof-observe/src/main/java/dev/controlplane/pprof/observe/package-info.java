/**
 * {@code /debug/pprof/} for Helidon SE web servers: goroutine profiles of the JVM's threads, served
 * as Go's {@code net/http/pprof} serves them, so that {@code go tool pprof} and scrapers read them.
 */
package dev.controlplane.pprof.observe;
