/** Checks from this machine whether the control plane works. */
package dev.controlplane.client.cli.doctor;
