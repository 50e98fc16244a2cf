package dev.controlplane.pprof.signal;

import dev.controlplane.pprof.GoroutineProfiler;
import java.nio.file.Path;

/** A program that writes dumps when asked, says "ready", and ends when its stdin does. */
final class DumpingProgram {
  private DumpingProgram() {}

  public static void main(String[] args) throws Exception {
    System.out.println("named " + ProcessName.set(args[0]));
    QuitDumps dumps = QuitDumps.install(args[0], Path.of(args[1]), GoroutineProfiler.create());
    try {
      System.out.println("ready");
      int read;
      while ((read = System.in.read()) >= 0) {
        System.out.println("served " + (char) read);
      }
    } finally {
      dumps.close();
    }
    System.out.println("closed");
  }
}
