/**
 * A Java agent that gives a server the troubles that profiles are for, each in a method of a known
 * name. Its classes are packed into a jar of their own and run inside the server; of the tests'
 * classes they know only each other.
 */
package dev.controlplane.troubles;
