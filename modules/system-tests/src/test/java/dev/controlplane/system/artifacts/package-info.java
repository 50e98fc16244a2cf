/**
 * Tests of the built jars: their dependencies, the arrows between them, and the published library.
 */
package dev.controlplane.system.artifacts;
