/** The agent: keeps the latest versions on disk and active, whatever happens. */
package dev.controlplane.client.agent;
