/** Tests of the commands of {@code cpctl}, except the agent. */
package dev.controlplane.system.cpctl;
