/** What consumers report: which versions they run, and when they were last seen. */
package dev.controlplane.grpc.reports;
