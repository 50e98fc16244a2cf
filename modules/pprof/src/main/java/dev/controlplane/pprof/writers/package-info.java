/** The forms that profiles are written in: Go's protocol buffers and its texts. */
package dev.controlplane.pprof.writers;
