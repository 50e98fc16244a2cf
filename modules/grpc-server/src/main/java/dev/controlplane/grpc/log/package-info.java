/**
 * The update log in memory: its newest updates, its old pages, their messages, and turns for
 * reading it.
 */
package dev.controlplane.grpc.log;
