package dev.controlplane.pprof.threads;

/**
 * The place where a goroutine was started.
 *
 * @param parent id of the goroutine that started it; 0 if unknown
 */
public record Creator(String function, String file, int line, long parent) {}
