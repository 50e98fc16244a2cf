/**
 * The parts of a command line that several commands share: addresses, durations and worker names,
 * and the line that explains a mistake.
 */
package dev.controlplane.client.cli.arguments;
