/**
 * A Java agent that breaks a server on purpose, so that production code needs no hook for it: it
 * halts the JVM at a named {@link dev.controlplane.faults.FaultPoint}, or makes it a {@link
 * dev.controlplane.faults.Mutant} that breaks a guarantee. Its classes are packed into a jar of
 * their own and run inside the server; of the tests' classes they know only each other.
 */
package dev.controlplane.faults;
