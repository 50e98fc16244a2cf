/**
 * Tests of {@code cpctl agent}: how it lives, and how it copes with networks, proxies and
 * operators.
 */
package dev.controlplane.system.agents;
