/**
 * The client library of the control plane: upload, download, roll back, delete, and follow updates.
 *
 * <p>Start with {@link dev.controlplane.client.ControlPlaneClient}. Calls block and can be
 * interrupted, so run them on virtual threads. Bytes are streamed, never held in memory as a whole,
 * and verified against their digest.
 */
package dev.controlplane.client;
