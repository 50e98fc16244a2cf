/**
 * What the system says of files: whether they are the same, whether they are on disk, why they
 * fail.
 */
package dev.controlplane.catalog.files;
