/** Files that appear complete and verified or not at all, and the rules for their names. */
package dev.controlplane.client.files;
