package dev.controlplane.pprof;

import java.io.IOException;
import java.io.OutputStream;

final class BinaryWriter {
  private BinaryWriter() {}

  static void write(GoroutineProfile profile, OutputStream out) throws IOException {
    out.flush();
  }
}
