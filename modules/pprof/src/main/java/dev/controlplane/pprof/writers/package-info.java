/** The output formats of profiles: Go's protocol buffers and text formats. */
package dev.controlplane.pprof.writers;
