/**
 * {@code /debug/pprof/} for Helidon SE web servers: the profiles of the JVM, served like Go's
 * {@code net/http/pprof}, for {@code go tool pprof} and scrapers.
 */
package dev.controlplane.pprof.helidon;
