package dev.controlplane.pprof.http.ui;

import dev.controlplane.pprof.census.GoroutineCensus;
import dev.controlplane.pprof.census.GoroutineCensus.Group;
import dev.controlplane.pprof.model.Frame;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The groups of a look as a tree from the root of the stacks to their leaves. If there are too many
 * nodes, those with the fewest goroutines are left out, and their goroutines are counted at the
 * nearest caller that is kept.
 */
final class LookTree {
  /** A line of a method, as called from its parent. The root has neither. */
  static final class Node {
    final Node parent;
    final Frame frame;

    /** Goroutines here and below. */
    long total;

    /** The place in the list of kept nodes; -1 if it is left out. */
    int index = -1;

    private IdentityHashMap<Frame, Node> children;

    private Node(Node parent, Frame frame) {
      this.parent = parent;
      this.frame = frame;
    }

    private Node child(Frame called) {
      if (children == null) {
        children = new IdentityHashMap<>(2);
      }
      return children.computeIfAbsent(called, frame -> new Node(this, frame));
    }
  }

  /** Goroutines whose stack ends at a node, in the same state. */
  static final class Leaf {
    final int node;
    final String state;
    long count;
    long longest;
    long millis = -1;

    private Leaf(int node, String state) {
      this.node = node;
      this.state = state;
    }

    private void add(Group group) {
      count += group.count();
      if (group.since().toMillis() > millis) {
        millis = group.since().toMillis();
        longest = group.longest();
      }
    }
  }

  record LeafKey(int node, String state) {}

  /** Callers come before what they call; the first is the root. */
  private final List<Node> all = new ArrayList<>();

  private final List<Group> groups;

  /** For each group the node where its stacks end. */
  private final List<Node> ends = new ArrayList<>();

  /** The nodes that {@link #keep} kept, in the same order. */
  final List<Node> nodes = new ArrayList<>();

  final Map<LeafKey, Leaf> leaves = new LinkedHashMap<>();

  /** How many goroutines are counted at a caller because their stack was left out. */
  long folded;

  LookTree(GoroutineCensus.Look look) {
    groups = look.groups();
    Node root = new Node(null, null);
    all.add(root);
    for (Group group : groups) {
      Frame[] frames = group.stack().frames;
      Node node = root;
      node.total += group.count();
      for (int i = frames.length - 1; i >= 0; i--) {
        node = node.child(frames[i]);
        if (node.total == 0) {
          all.add(node);
        }
        node.total += group.count();
      }
      ends.add(node);
    }
  }

  /** Keeps so many nodes at most. May be called again. */
  void keep(int most) {
    nodes.clear();
    leaves.clear();
    folded = 0;
    nodes.addAll(all.size() <= most ? all : largest(most));
    all.forEach(node -> node.index = -1);
    for (int i = 0; i < nodes.size(); i++) {
      nodes.get(i).index = i;
    }
    for (int i = 0; i < ends.size(); i++) {
      Group group = groups.get(i);
      Node end = ends.get(i);
      if (end.index < 0) {
        folded += group.count();
      }
      while (end.index < 0) {
        end = end.parent;
      }
      leaves
          .computeIfAbsent(
              new LeafKey(end.index, group.state()), key -> new Leaf(key.node, key.state))
          .add(group);
    }
  }

  /** A caller is at least as large as what it calls, and was found before it. */
  private List<Node> largest(int most) {
    return IntStream.range(0, all.size())
        .boxed()
        .sorted(
            Comparator.comparingLong((Integer i) -> all.get(i).total)
                .reversed()
                .thenComparing(Comparator.naturalOrder()))
        .limit(most)
        .sorted()
        .map(all::get)
        .toList();
  }
}
