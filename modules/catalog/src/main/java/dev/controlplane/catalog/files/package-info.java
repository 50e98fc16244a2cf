/** Files and directories: identity, durability, permissions, and messages for their errors. */
package dev.controlplane.catalog.files;
