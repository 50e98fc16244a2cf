/**
 * What all servers share: start and shutdown, settings, the HTTP API's conventions, limits,
 * logging.
 */
package dev.controlplane.server;
