/**
 * Tests of the profiles that the servers serve: the guides, the tools and the scrapers that read
 * them.
 */
package dev.controlplane.system.pprof;
