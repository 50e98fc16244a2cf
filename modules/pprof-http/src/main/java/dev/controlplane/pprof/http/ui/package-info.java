/**
 * The page {@code /debug/pprof/ui}: its files and the data that it asks for. It knows nothing of
 * HTTP servers: a path and a query become an answer.
 */
package dev.controlplane.pprof.http.ui;
