package dev.controlplane.pprof;

import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.model.WaitReasons;

/**
 * What follows from the frames of a thread alone, the same for every thread that stands there.
 *
 * @param stack the frames that are shown
 * @param finding what the hidden ones say
 * @param site where such threads are started, null if unknown
 */
public record Shape(Stack stack, WaitReasons.Finding finding, SpawnSites.SpawnSite site) {}
