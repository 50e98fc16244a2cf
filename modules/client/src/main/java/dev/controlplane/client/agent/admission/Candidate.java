package dev.controlplane.client.agent.admission;

import java.nio.file.Path;

/**
 * A version that is about to become the active one.
 *
 * @param worker its worker
 * @param version its name
 * @param file its bytes, whole and verified; to be read only
 * @param checksum their SHA-256, 64 lower-case hex digits
 * @param revision the update that brought it
 */
public record Candidate(String worker, String version, Path file, String checksum, long revision) {}
