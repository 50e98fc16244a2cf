/** The HTTP API: which consumer runs which version, the update log, and announcements. */
package dev.controlplane.grpc.http;
