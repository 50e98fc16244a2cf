package dev.controlplane.pprof;

import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.model.WaitReasons;

/**
 * What the frames of a thread tell. It is the same for every thread with the same stack.
 *
 * @param stack the visible frames
 * @param finding what the hidden frames say about waiting
 * @param site where such threads are started; null if unknown
 */
public record Shape(Stack stack, WaitReasons.Finding finding, SpawnSites.SpawnSite site) {}
