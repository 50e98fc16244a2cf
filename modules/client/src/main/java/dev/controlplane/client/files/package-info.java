/** Files that appear whole and verified or not at all, and the names that they may have. */
package dev.controlplane.client.files;
