package dev.controlplane.pprof.model;

/**
 * A thread as a profile shows it.
 *
 * @param id {@link Thread#threadId()}
 * @param state Go's word for what it does or waits for
 * @param stack at least one frame
 * @param creator null if unknown
 */
public record Goroutine(long id, String state, Stack stack, Creator creator, LabelSet labels) {}
