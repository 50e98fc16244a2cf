package dev.controlplane.pprof.sources;

import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Source;
import dev.controlplane.pprof.StackStyle;
import java.io.IOException;
import java.io.OutputStream;

/** Takes a profile by the JVM's own dump, and says why that fails. */
final class FullDisk {
  private FullDisk() {}

  public static void main(String[] args) {
    try {
      GoroutineProfiler.create()
          .writeStacks(Source.HOTSPOT, StackStyle.GO, OutputStream.nullOutputStream());
      System.out.println("no failure");
    } catch (IOException e) {
      System.out.println(e.getMessage());
    }
  }
}
