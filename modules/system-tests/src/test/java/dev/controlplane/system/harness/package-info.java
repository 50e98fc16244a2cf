/**
 * What the tests of every room use: a cluster of real servers, an agent, {@code cpctl}, clients,
 * tools and ways to wait. It holds no test.
 */
package dev.controlplane.system.harness;
