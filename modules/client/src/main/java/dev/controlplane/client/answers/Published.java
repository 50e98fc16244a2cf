package dev.controlplane.client.answers;

/**
 * The answer to an upload.
 *
 * @param info the version as it is stored
 * @param created false when the same bytes were there under this version already
 * @param revision the update that published the version first
 * @param message the server's words
 */
public record Published(VersionInfo info, boolean created, long revision, String message) {}
