package dev.controlplane.client.answers;

/**
 * Versions of one worker.
 *
 * @param worker name of the worker
 * @param latest name of its latest version
 * @param page newest first
 */
public record WorkerVersions(String worker, String latest, Page<VersionInfo> page) {}
