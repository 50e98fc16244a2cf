package dev.controlplane.benchmarks;

import dev.controlplane.grpc.NettyPeer;
import dev.controlplane.pprof.jfr.RecordingCost;
import java.util.Arrays;

/**
 * {@code java -jar benchmarks.jar goroutines …} and {@code netty-peer …} run programs that {@code
 * ./bench} uses; any other arguments go to JMH.
 */
public final class Main {
  private Main() {}

  /** Runs a program by its name, or JMH. */
  public static void main(String[] args) throws Exception {
    String[] rest = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
    switch (args.length == 0 ? "" : args[0]) {
      case "contention" -> ContentionScale.main(rest);
      case "dump" -> LargeThreadDump.main(rest);
      case "goroutines" -> GoroutineScale.main(rest);
      case "netty-peer" -> NettyPeer.main(rest);
      case "profiles" -> RecordingCost.main(rest);
      case "stalled" -> StalledSubscriber.main(rest);
      default -> org.openjdk.jmh.Main.main(args);
    }
  }
}
