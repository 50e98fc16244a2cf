/** The upload-server: receives versions, publishes them, and announces updates. */
package dev.controlplane.upload;
