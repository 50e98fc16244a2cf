/** Looks whether the control plane works, from where {@code cpctl} stands. */
package dev.controlplane.client.cli.doctor;
