/** Blobs as files named by their digest: received, verified, read, collected. */
package dev.controlplane.catalog.blobs;
