/** Who lets a version pass before an agent makes it active: a command, or code of the user. */
package dev.controlplane.client.agent.admission;
