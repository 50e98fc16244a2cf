/**
 * {@code /debug/pprof/} for Helidon SE web servers: goroutine profiles of the JVM's threads, served
 * like Go's {@code net/http/pprof}, for {@code go tool pprof} and scrapers.
 */
package dev.controlplane.pprof.observe;
