/** What every server shares: its life from start to end, settings, the HTTP API's manners, logs. */
package dev.controlplane.server;
