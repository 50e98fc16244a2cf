package dev.controlplane.pprof;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Stack dumps as their readers see them. */
final class Dumps {
  /** A goroutine of a dump. */
  record Parsed(long id, String state, List<String> functions, List<String> files, String created) {
    /** State and labels apart. */
    String reason() {
      int labels = state.indexOf(" labels:");
      return labels < 0 ? state : state.substring(0, labels);
    }
  }

  /** As gostackparse reads it, extended by any number of labels. */
  private static final Pattern HEADER =
      Pattern.compile("goroutine (\\d+) \\[([^,]+( labels:\\{.+\\})?)\\]:");

  private Dumps() {}

  static String take(GoroutineProfiler profiler, Source source) throws IOException {
    var out = new ByteArrayOutputStream();
    profiler.writeStacks(source, StackStyle.GO, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  static Map<Long, Parsed> parse(String dump) {
    Map<Long, Parsed> goroutines = new HashMap<>();
    for (String block : dump.split("\n\n", -1)) {
      List<String> lines = block.lines().toList();
      Matcher header = HEADER.matcher(lines.getFirst());
      if (!header.matches()) {
        throw new AssertionError("not a header: " + lines.getFirst());
      }
      var functions = new ArrayList<String>();
      var files = new ArrayList<String>();
      String created = null;
      for (int i = 1; i < lines.size(); i += 2) {
        String place = lines.get(i + 1);
        if (!place.matches("\t[^:\t]+:\\d+")) {
          throw new AssertionError("not a place: " + place);
        }
        if (lines.get(i).startsWith("created by ")) {
          created = lines.get(i).substring("created by ".length()) + " " + place.strip();
        } else {
          if (!lines.get(i).endsWith("(...)")) {
            throw new AssertionError("not a function: " + lines.get(i));
          }
          functions.add(lines.get(i).replace("(...)", ""));
          files.add(place.strip());
        }
      }
      long id = Long.parseLong(header.group(1));
      goroutines.put(id, new Parsed(id, header.group(2), functions, files, created));
    }
    return goroutines;
  }

  /** Dumps until a thread is as it should be; the last it was where it doesn't get there. */
  static Parsed await(GoroutineProfiler profiler, Thread thread, Predicate<Parsed> wanted)
      throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (true) {
      Parsed parsed = parse(take(profiler, Source.LIVE)).get(thread.threadId());
      if ((parsed != null && wanted.test(parsed)) || System.nanoTime() > end) {
        return parsed;
      }
      pause();
    }
  }

  /** A few milliseconds for others. */
  static void pause() throws InterruptedException {
    var never = new CountDownLatch(1);
    if (never.await(5, TimeUnit.MILLISECONDS)) {
      throw new AssertionError();
    }
  }
}
