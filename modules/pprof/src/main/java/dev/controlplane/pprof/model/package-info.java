/** What a profile says, apart from how it is written: samples, stacks, frames and labels. */
package dev.controlplane.pprof.model;
