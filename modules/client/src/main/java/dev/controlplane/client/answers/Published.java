package dev.controlplane.client.answers;

/**
 * The answer to an upload.
 *
 * @param info the version as it is stored
 * @param created false if the version existed with the same bytes
 * @param revision of the update that first published the version
 * @param message of the server
 */
public record Published(VersionInfo info, boolean created, long revision, String message) {}
