/** How long threads wait for locks and for each other. */
package dev.controlplane.pprof.contention;
