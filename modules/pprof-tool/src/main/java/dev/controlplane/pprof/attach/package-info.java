/**
 * {@code java -jar pprof.jar attach PID}: serves the profiles of a JVM that runs already, whatever
 * its program.
 */
package dev.controlplane.pprof.attach;
