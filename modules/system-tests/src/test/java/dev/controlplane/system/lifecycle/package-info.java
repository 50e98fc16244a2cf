/** Tests of how servers start and how they shut down. */
package dev.controlplane.system.lifecycle;
