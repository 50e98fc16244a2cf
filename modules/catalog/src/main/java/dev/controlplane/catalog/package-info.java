/**
 * The domain: workers, their versions and latest versions, the ordered log of updates, blobs, and
 * consumers. The subpackages store them in SQLite and files.
 */
package dev.controlplane.catalog;
