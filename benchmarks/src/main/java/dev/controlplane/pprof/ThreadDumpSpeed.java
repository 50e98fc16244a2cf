package dev.controlplane.pprof;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Thread dumps in JSON, read and counted by stack. One operation is 64 MB: × 64 gives MB/s. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
public class ThreadDumpSpeed {
  private static final int SIZE = 64_000_000;

  private byte[] dump;

  /** Makes a dump as JDK 25 writes it, with some hundred different stacks. */
  @Setup
  public void write() {
    var json = new StringBuilder(SIZE + 10_000);
    json.append("{\n  \"threadDump\": {\n    \"threadContainers\": [\n      {\n");
    json.append("        \"threads\": [\n");
    for (int id = 1; json.length() < SIZE; id++) {
      json.append(id == 1 ? "          {\n" : ",\n          {\n");
      json.append("            \"tid\": \"").append(id).append("\",\n");
      json.append("            \"time\": \"2026-11-23T13:51:11.058305538Z\",\n");
      json.append("            \"virtual\": true,\n            \"name\": \"\",\n");
      json.append("            \"state\": \"WAITING\",\n            \"stack\": [\n");
      String indent = "              \"";
      json.append(indent)
          .append("java.base\\/java.lang.VirtualThread.park(VirtualThread.java:738)");
      for (int depth = 0; depth < 20; depth++) {
        json.append("\",\n").append(indent).append("com.example.server.handlers.Stage");
        json.append(depth).append(".process(Stage").append(depth).append(".java:");
        json.append(id % 400 / (depth + 1)).append(')');
      }
      json.append("\"\n            ]\n          }");
    }
    json.append("\n        ]\n      }\n    ]\n  }\n}\n");
    dump = json.toString().getBytes(StandardCharsets.US_ASCII);
  }

  /** From memory, so that the disk has no part in it. */
  @Benchmark
  public Object readAndCount() throws IOException {
    return count(new ByteArrayInputStream(dump));
  }

  /** Reads a dump from a file and counts its stacks. */
  public static void read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      count(in);
    }
  }

  private static Object count(InputStream in) throws IOException {
    return new Converter(in, OutputStream::nullOutputStream, Long.MAX_VALUE)
        .convert(Converter.Format.PB);
  }
}
