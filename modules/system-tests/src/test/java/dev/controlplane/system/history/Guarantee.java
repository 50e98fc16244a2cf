package dev.controlplane.system.history;

import java.util.ArrayList;
import java.util.List;

/** One promise of docs/guarantees.md, and the judgement whether a history keeps it. */
public interface Guarantee {
  /** What breaks it, in the order of the history; empty if it holds. */
  List<Violation> violations(History history);

  /** As the documents call it. */
  default String name() {
    return getClass().getSimpleName();
  }

  default Violation violation(String where, String what) {
    return new Violation(name(), where, what);
  }

  /** Every guarantee. */
  static List<Guarantee> all() {
    return List.of(
        new Durable(),
        new Ordered(),
        new Unique(),
        new Reliable(),
        new Atomic(),
        new Resumable(),
        new Bookmarkable(),
        new Convergent());
  }

  /** What breaks any guarantee, judged apart for each log that there was. */
  static List<Violation> judge(History history) {
    List<Violation> violations = new ArrayList<>();
    Eras eras = history.eras();
    eras.crossed().forEach(what -> violations.add(new Resumable().violation("a stream", what)));
    for (List<Event> events : eras.events()) {
      History ofOneLog = new History(events);
      all().forEach(guarantee -> violations.addAll(guarantee.violations(ofOneLog)));
    }
    return violations;
  }
}
