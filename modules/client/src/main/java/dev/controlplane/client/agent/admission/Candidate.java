package dev.controlplane.client.agent.admission;

import java.nio.file.Path;

/**
 * A version that is about to become active.
 *
 * @param worker the worker's name
 * @param version the version's name
 * @param file its bytes, complete and verified; must not be changed
 * @param checksum their SHA-256, 64 lower-case hex digits
 * @param revision of the update that brought it
 */
public record Candidate(String worker, String version, Path file, String checksum, long revision) {}
