/** Blobs as files named by their digest: uploading, verifying, reading and collecting. */
package dev.controlplane.catalog.blobs;
