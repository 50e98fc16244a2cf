/**
 * Tests of servers that are killed, and of servers whose disk, memory, descriptors or other
 * resources fail or run out.
 */
package dev.controlplane.system.failures;
