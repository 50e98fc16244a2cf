/** {@code /debug/pprof/} for web applications on Jakarta Servlet 6 and later. */
package dev.controlplane.pprof.servlet;
