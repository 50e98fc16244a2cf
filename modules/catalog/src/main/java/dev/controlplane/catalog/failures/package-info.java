/** Why the catalog or a blob cannot be read or changed, each with a text for the client. */
package dev.controlplane.catalog.failures;
