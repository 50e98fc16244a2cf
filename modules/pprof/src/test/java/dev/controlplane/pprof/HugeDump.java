package dev.controlplane.pprof;

import dev.controlplane.pprof.tool.Main;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Converts a thread dump of 400 MB, made while it is read: {@code stacks|frames FORMAT OUT}. */
final class HugeDump extends InputStream {
  private static final long LENGTH = 400L << 20;
  private static final int DEPTH = 40;

  private final boolean newFrames;
  private byte[] part =
      "{\"threadDump\":{\"threadContainers\":[{\"threads\":[".getBytes(StandardCharsets.US_ASCII);
  private int position;
  private long total;
  private int threads;
  private boolean ended;

  private HugeDump(boolean newFrames) {
    this.newFrames = newFrames;
  }

  public static void main(String[] args) {
    int code =
        new Main(new HugeDump(args[0].equals("frames")), System.out, System.err)
            .run("convert", "-", "--format", args[1], "-o", args[2]);
    System.exit(code);
  }

  @Override
  public int read() {
    return next() ? part[position++] & 0xff : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    if (!next()) {
      return -1;
    }
    int count = Math.min(length, part.length - position);
    System.arraycopy(part, position, target, offset, count);
    position += count;
    return count;
  }

  private boolean next() {
    if (position == part.length && !ended) {
      total += part.length;
      position = 0;
      ended = total > LENGTH;
      part = (ended ? "]}]}}" : thread()).getBytes(StandardCharsets.US_ASCII);
    }
    return position < part.length;
  }

  /**
   * A thread whose stack is of frames that others have, but no other has them all in this order.
   */
  private String thread() {
    threads++;
    var text = new StringBuilder(threads == 1 ? "" : ",");
    text.append("{\"tid\":").append(threads).append(",\"state\":\"WAITING\",\"stack\":[");
    int rest = threads;
    for (int i = 0; i < DEPTH; i++) {
      int method = newFrames ? threads * DEPTH + i : rest % 10;
      text.append(i == 0 ? "\"" : ",\"").append("com.example.service.Worker").append(i);
      text.append(".method").append(method).append("(Worker.java:").append(method % 1000);
      text.append(")\"");
      rest /= 10;
    }
    return text.append("]}").toString();
  }
}
