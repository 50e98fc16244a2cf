package dev.controlplane.client.answers;

/**
 * The answer to a rollback, a retry or a delete.
 *
 * @param changed false when nothing had to be done
 * @param revision the update that tells of it
 * @param message the server's words; empty where it had none
 */
public record Change(boolean changed, long revision, String message) {}
