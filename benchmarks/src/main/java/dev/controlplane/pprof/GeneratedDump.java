package dev.controlplane.pprof;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A thread dump as JDK 25 writes it, made while it is read, so that it may be larger than any disk:
 * virtual threads 21 frames deep, with some hundred different stacks. Making it costs little more
 * than copying: the entries of a few thousand threads are repeated, each with an id of its own.
 */
public final class GeneratedDump extends InputStream {
  private static final int DIFFERENT = 4096;
  private static final int ID_DIGITS = 10;
  private static final String HEAD =
      """
      {
        "threadDump": {
          "processId": "4711",
          "time": "2026-11-23T13:51:11.058305538Z",
          "runtimeVersion": "25.0.3+9-LTS",
          "threadContainers": [
            {
              "container": "<root>",
              "parent": null,
              "owner": null,
              "threads": [
      """;
  private static final String TAIL =
      """

              ]
            }
          ]
        }
      }
      """;

  private final byte[][] entries = new byte[DIFFERENT][];
  private final long threads;
  private final long size;
  private byte[] portion = HEAD.getBytes(StandardCharsets.US_ASCII);
  private int at;
  private long made = portion.length;
  private long id;
  private boolean ended;

  /** As many threads as that, or as many as make this size in bytes, whichever comes first. */
  public GeneratedDump(long threads, long size) {
    this.threads = threads;
    this.size = size;
    for (int i = 0; i < DIFFERENT; i++) {
      entries[i] = entry(i).getBytes(StandardCharsets.US_ASCII);
    }
  }

  private static String entry(int number) {
    var json = new StringBuilder(",\n          {\n            \"tid\": \"");
    json.append("0".repeat(ID_DIGITS)).append("\",\n");
    json.append("            \"time\": \"2026-11-23T13:51:11.058305538Z\",\n");
    json.append("            \"virtual\": true,\n            \"name\": \"\",\n");
    json.append("            \"state\": \"WAITING\",\n            \"stack\": [\n");
    String indent = "              \"";
    json.append(indent).append("java.base\\/java.lang.VirtualThread.park(VirtualThread.java:738)");
    for (int depth = 0; depth < 20; depth++) {
      json.append("\",\n").append(indent).append("com.example.server.handlers.Stage");
      json.append(depth).append(".process(Stage").append(depth).append(".java:");
      json.append(number % 400 / (depth + 1)).append(')');
    }
    return json.append("\"\n            ]\n          }").toString();
  }

  /** How many threads there were so far. */
  public long threads() {
    return id;
  }

  /** How many bytes there were so far. */
  public long made() {
    return made;
  }

  @Override
  public int read() {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0];
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    int filled = 0;
    while (filled < length && (at < portion.length || next())) {
      int part = Math.min(length - filled, portion.length - at);
      System.arraycopy(portion, at, target, offset + filled, part);
      at += part;
      filled += part;
    }
    return filled == 0 && length > 0 ? -1 : filled;
  }

  private boolean next() {
    if (ended) {
      return false;
    }
    ended = id > 0 && (id >= threads || made >= size - TAIL.length());
    portion =
        ended
            ? TAIL.getBytes(StandardCharsets.US_ASCII)
            : withId(entries[(int) (id % DIFFERENT)], ++id);
    at = 0;
    made += portion.length;
    return true;
  }

  /** The first entry has no comma before it. */
  private static byte[] withId(byte[] entry, long id) {
    int digits = ",\n          {\n            \"tid\": \"".length();
    long rest = id;
    for (int i = digits + ID_DIGITS - 1; i >= digits; i--) {
      entry[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return id == 1 ? Arrays.copyOfRange(entry, 1, entry.length) : entry;
  }
}
