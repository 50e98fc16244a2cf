/** Profiles from the JVM's own Flight Recorder: CPU time, allocations, live objects, traces. */
package dev.controlplane.pprof.jfr;
