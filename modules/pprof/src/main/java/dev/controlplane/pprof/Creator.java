package dev.controlplane.pprof;

/**
 * Where a goroutine was started.
 *
 * @param parent id of the goroutine that started it, 0 if unknown
 */
record Creator(String function, String file, int line, long parent) {}
