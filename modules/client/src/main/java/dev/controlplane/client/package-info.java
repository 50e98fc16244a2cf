/**
 * Talks to the control plane: upload, fetch, roll back, delete, and follow the updates.
 *
 * <p>{@link dev.controlplane.client.ControlPlaneClient} is the way in. Calls block and may be
 * interrupted; run them on virtual threads. Bytes are streamed, never held whole, and every one
 * that is received is checked against its digest before it is called good.
 */
package dev.controlplane.client;
