/**
 * Tests of the servers with clients of other makers and with proxies, and with clients that are
 * odd, slow, stuck or gone.
 */
package dev.controlplane.system.clients;
