/**
 * The settings of a server: the built-in defaults, the settings file, environment variables, and
 * the error for a wrong one.
 */
package dev.controlplane.server.settings;
