/** Metrics that every server has: requests, the process and its JVM, the disk. */
package dev.controlplane.server.metrics;
