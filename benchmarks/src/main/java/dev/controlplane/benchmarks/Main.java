package dev.controlplane.benchmarks;

import java.util.Arrays;

/**
 * {@code java -jar benchmarks.jar goroutines …} runs a harness by name; any other arguments go to
 * JMH.
 */
public final class Main {
  private Main() {}

  /** Runs the harness or JMH. */
  public static void main(String[] args) throws Exception {
    String[] rest = args.length > 0 ? Arrays.copyOfRange(args, 1, args.length) : args;
    switch (args.length > 0 ? args[0] : "") {
      case "goroutines" -> GoroutineScale.main(rest);
      case "stalled" -> StalledSubscriber.main(rest);
      case "dump" -> LargeThreadDump.main(rest);
      default -> org.openjdk.jmh.Main.main(args);
    }
  }
}
