/** The consumer-server: lists versions and serves their files. */
package dev.controlplane.consumer;
