package dev.controlplane.pprof.threads;

import dev.controlplane.pprof.SpawnSites;
import dev.controlplane.pprof.model.Stack;

/**
 * What the frames of a thread tell. It is the same for every thread with the same stack.
 *
 * @param stack the visible frames
 * @param finding what the hidden frames say about waiting
 * @param site where such threads are started; null if unknown
 */
public record Shape(Stack stack, WaitReasons.Finding finding, SpawnSites.SpawnSite site) {}
