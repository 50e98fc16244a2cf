package dev.controlplane.client.answers;

/**
 * The answer to a rollback or a deletion.
 *
 * @param changed false if there was nothing to change
 * @param revision of the update that established this state
 * @param message of the server; empty for none
 */
public record Change(boolean changed, long revision, String message) {}
