/** Where threads come from: this JVM's own, walked or dumped, and dumps in files. */
package dev.controlplane.pprof.sources;
