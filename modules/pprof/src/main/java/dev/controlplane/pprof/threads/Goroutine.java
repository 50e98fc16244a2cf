package dev.controlplane.pprof.threads;

import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Stack;
import java.util.Map;

/**
 * A thread as a profile shows it.
 *
 * @param id {@link Thread#threadId()}
 * @param state Go's word for what it does or waits for
 * @param stack at least one frame
 * @param creator null if unknown
 */
public record Goroutine(long id, String state, Stack stack, Creator creator, LabelSet labels) {
  /** The same with a remark after its state, if there is one for its id. */
  public Goroutine marked(Map<Long, String> marks) {
    String mark = marks.isEmpty() ? null : marks.get(id);
    return mark == null ? this : new Goroutine(id, state + mark, stack, creator, labels);
  }
}
