/** The consumer-server: finds versions and sends them. */
package dev.controlplane.consumer;
