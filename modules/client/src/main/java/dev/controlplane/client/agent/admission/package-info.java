/**
 * Admissions: commands or user code that accept or reject a version before an agent makes it
 * active.
 */
package dev.controlplane.client.agent.admission;
