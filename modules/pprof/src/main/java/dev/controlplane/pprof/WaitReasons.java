package dev.controlplane.pprof;

import java.util.HashMap;
import java.util.Map;

final class WaitReasons {
  record Evidence(String reason) {}

  private static final Map<String, Evidence> TABLE = new HashMap<>();

  static Evidence evidence(String name) {
    return TABLE.get(name);
  }

  private WaitReasons() {}
}
