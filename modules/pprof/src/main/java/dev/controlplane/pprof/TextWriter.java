package dev.controlplane.pprof;

import java.io.IOException;
import java.io.OutputStream;

final class TextWriter {
  private TextWriter() {}

  static void write(GoroutineProfile profile, OutputStream out) throws IOException {
    out.flush();
  }
}
