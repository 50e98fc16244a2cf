package dev.controlplane.pprof.tool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A profile of any program as it was read: of {@code perftools.profiles.Profile} what tables of
 * functions need (google/pprof, proto/profile.proto).
 */
final class ReadProfile {
  /** What one value of each sample means. */
  record Type(String name, String unit) {}

  /** Receives samples. */
  @FunctionalInterface
  interface Visitor {
    /**
     * Takes a sample.
     *
     * @param functions innermost first
     */
    void sample(List<String> functions, long[] values);
  }

  private record NamePair(int name, int systemName) {}

  private final List<int[]> typeTexts = new ArrayList<>();

  /** The locations of each sample, innermost first. */
  private final List<long[]> stacks = new ArrayList<>();

  /** The values of each sample. */
  private final List<long[]> values = new ArrayList<>();

  /** The functions of each location, innermost first: more than one if some are inlined. */
  private final Map<Long, long[]> locations = new HashMap<>();

  private final Map<Long, NamePair> functions = new HashMap<>();
  private final Map<Long, String> names = new HashMap<>();
  private final List<String> texts = new ArrayList<>();
  private int defaultType;
  private int program;
  private long timeNanos;
  private long durationNanos;

  private ReadProfile() {}

  /**
   * Reads a profile.
   *
   * @param bytes not compressed
   */
  static ReadProfile of(byte[] bytes) throws NotAProfileException {
    var profile = new ReadProfile();
    profile.read(new WireReader(bytes));
    if (profile.typeTexts.isEmpty() || profile.texts.isEmpty()) {
      throw new NotAProfileException("it does not say what it counts");
    }
    return profile;
  }

  List<Type> types() throws NotAProfileException {
    var types = new ArrayList<Type>();
    for (int[] pair : typeTexts) {
      types.add(new Type(text(pair[0]), text(pair[1])));
    }
    return types;
  }

  /** The type that a reader shows first: the one that the profile names, else the last. */
  Type firstShown() throws NotAProfileException {
    List<Type> types = types();
    String named = text(defaultType);
    for (Type type : types) {
      if (type.name().equals(named)) {
        return type;
      }
    }
    return types.get(types.size() - 1);
  }

  /** The program's file or main class; empty if unknown. */
  String program() throws NotAProfileException {
    return text(program);
  }

  /** When it was taken, in nanoseconds since 1970; 0 if unknown. */
  long timeNanos() {
    return timeNanos;
  }

  /** For how long; 0 for a moment. */
  long durationNanos() {
    return durationNanos;
  }

  void forEach(Visitor visitor) throws NotAProfileException {
    for (int i = 0; i < stacks.size(); i++) {
      var stack = new ArrayList<String>();
      for (long location : stacks.get(i)) {
        long[] lines = locations.get(location);
        if (lines == null || lines.length == 0) {
          // Not symbolized: the address is not looked up.
          stack.add("<unknown>");
          continue;
        }
        for (long function : lines) {
          stack.add(name(function));
        }
      }
      if (values.get(i).length != typeTexts.size()) {
        throw new NotAProfileException(
            "it is no valid profile: a sample has %d values, for %d types"
                .formatted(values.get(i).length, typeTexts.size()));
      }
      visitor.sample(stack, values.get(i));
    }
  }

  private String name(long function) throws NotAProfileException {
    String known = names.get(function);
    if (known != null) {
      return known;
    }
    NamePair pair = functions.get(function);
    String name = pair == null ? "" : text(pair.name);
    if (name.isEmpty() && pair != null) {
      name = text(pair.systemName);
    }
    name = name.isEmpty() ? "<unknown>" : name;
    names.put(function, name);
    return name;
  }

  private String text(int index) throws NotAProfileException {
    if (index < 0 || index >= texts.size()) {
      throw new NotAProfileException("it is no valid profile: it has no text " + index);
    }
    return texts.get(index);
  }

  private void read(WireReader in) throws NotAProfileException {
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> typeTexts.add(pair(in.message(), 1, 2));
        case 2 -> sample(in.message());
        case 3 -> mapping(in.message());
        case 4 -> location(in.message());
        case 5 -> function(in.message());
        case 6 -> texts.add(in.text());
        case 9 -> timeNanos = in.number();
        case 10 -> durationNanos = in.number();
        case 14 -> defaultType = (int) in.number();
        default -> in.skip();
      }
    }
  }

  private void sample(WireReader in) throws NotAProfileException {
    var stack = new LongList();
    var numbers = new LongList();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> in.numbers(stack);
        case 2 -> in.numbers(numbers);
        default -> in.skip();
      }
    }
    stacks.add(stack.toArray());
    values.add(numbers.toArray());
  }

  /** The first mapping is the main program (proto/profile.proto). */
  private void mapping(WireReader in) throws NotAProfileException {
    int file = pair(in, 5, 6)[0];
    program = program == 0 ? file : program;
  }

  private void location(WireReader in) throws NotAProfileException {
    long id = 0;
    var lines = new LongList();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> id = in.number();
        case 4 -> lines.add(pair(in.message(), 1, 2)[0]);
        default -> in.skip();
      }
    }
    locations.put(id, lines.toArray());
  }

  private void function(WireReader in) throws NotAProfileException {
    long id = 0;
    int name = 0;
    int systemName = 0;
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> id = in.number();
        case 2 -> name = (int) in.number();
        case 3 -> systemName = (int) in.number();
        default -> in.skip();
      }
    }
    functions.put(id, new NamePair(name, systemName));
  }

  /** Two numbers of a message. */
  private static int[] pair(WireReader in, int first, int second) throws NotAProfileException {
    int[] pair = new int[2];
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == first) {
        pair[0] = (int) in.number();
      } else if (field == second) {
        pair[1] = (int) in.number();
      } else {
        in.skip();
      }
    }
    return pair;
  }
}
