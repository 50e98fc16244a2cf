/** The HTTP API: paths and methods, request bodies with limits, answers and errors as JSON. */
package dev.controlplane.server.http;
