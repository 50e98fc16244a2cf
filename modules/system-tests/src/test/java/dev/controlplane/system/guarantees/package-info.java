/**
 * Tests that record what consumers receive while servers fail, and have it judged by the validators
 * of {@link dev.controlplane.system.history}.
 */
package dev.controlplane.system.guarantees;
