/** The commands: {@code java -jar pprof.jar convert}, {@code top} and {@code diff}. */
package dev.controlplane.pprof.tool;
