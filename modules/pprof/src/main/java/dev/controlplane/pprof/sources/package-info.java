/** Sources of threads: this JVM's threads, walked or dumped, and dump files. */
package dev.controlplane.pprof.sources;
