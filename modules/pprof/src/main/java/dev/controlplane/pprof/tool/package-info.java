/** The commands that read profiles: {@code java -jar pprof.jar top} and {@code diff}. */
package dev.controlplane.pprof.tool;
