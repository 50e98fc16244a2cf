/**
 * What a Go program does on SIGQUIT, for a JVM that lives on: a dump of all goroutines in a file;
 * and the process name by which {@code killall} finds it.
 */
package dev.controlplane.pprof.signal;
