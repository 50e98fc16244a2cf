/**
 * Goroutine dumps on SIGQUIT, as Go programs write them, while the process continues; and the
 * process name for {@code killall}.
 */
package dev.controlplane.pprof.signal;
