package dev.controlplane.pprof.http.ui;

import dev.controlplane.pprof.census.GoroutineCensus;
import dev.controlplane.pprof.model.Function;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A look as JSON: an object with
 *
 * <ul>
 *   <li>{@code program}; {@code time} and {@code walk}, both in milliseconds; {@code total}
 *       goroutines; {@code folded}, how many of them are counted at a caller because their stacks
 *       are too many to be sent
 *   <li>{@code states} and {@code files}: texts
 *   <li>{@code functions} and {@code functionFiles}: names, and for each the index of its file
 *   <li>{@code nodes}: for each node of the tree but the root three numbers: the index of its
 *       parent (0 is the root), its function, its line
 *   <li>{@code groups}: for each group of goroutines five numbers: the node where their stack ends,
 *       the state, how many there are, the milliseconds for which the one that stands there longest
 *       has stood there, and its id
 * </ul>
 *
 * The numbers stand in flat lists, which browsers read faster than objects.
 */
final class LookJson {
  /** A picture has no room for more. */
  private static final int MOST_NODES = 1 << 14;

  private static final int LONGEST_NAME = 500;

  private LookJson() {}

  /** Writes a look with as many nodes as fit into so many bytes. */
  static byte[] write(GoroutineCensus.Look look, int mostBytes) {
    var tree = new LookTree(look);
    for (int nodes = MOST_NODES; ; nodes /= 2) {
      tree.keep(nodes);
      byte[] json = write(look, tree);
      if (json.length <= mostBytes || nodes <= 1) {
        return json;
      }
    }
  }

  private static byte[] write(GoroutineCensus.Look look, LookTree tree) {
    var json = new JsonWriter().open('{');
    json.name("program").text(cut(look.program()));
    json.name("time").number(look.time().toEpochMilli());
    json.name("walk").number(look.walk().toMillis());
    json.name("total").number(look.total());
    json.name("folded").number(tree.folded);
    var functions = new IdentityHashMap<Function, Integer>();
    var order = new ArrayList<Function>();
    json.name("nodes").open('[');
    for (LookTree.Node node : tree.nodes.subList(1, tree.nodes.size())) {
      Function function = node.frame.function;
      int index =
          functions.computeIfAbsent(
              function,
              added -> {
                order.add(added);
                return order.size() - 1;
              });
      json.number(node.parent.index).number(index).number(node.frame.line);
    }
    json.close(']');
    groups(json, tree);
    functions(json, order);
    return json.close('}').bytes();
  }

  private static void groups(JsonWriter json, LookTree tree) {
    var states = new LinkedHashMap<String, Integer>();
    json.name("groups").open('[');
    for (LookTree.Leaf leaf : tree.leaves.values()) {
      int state = index(states, leaf.state);
      json.number(leaf.node).number(state).number(leaf.count);
      json.number(leaf.millis).number(leaf.longest);
    }
    json.close(']');
    json.name("states").texts(states.keySet());
  }

  private static void functions(JsonWriter json, List<Function> order) {
    var files = new LinkedHashMap<String, Integer>();
    json.name("functions").open('[');
    order.forEach(function -> json.text(cut(function.name)));
    json.close(']').name("functionFiles").open('[');
    order.forEach(function -> json.number(index(files, cut(function.file()))));
    json.close(']').name("files").texts(files.keySet());
  }

  private static int index(Map<String, Integer> texts, String text) {
    return texts.computeIfAbsent(text, added -> texts.size());
  }

  private static String cut(String name) {
    return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME) + "…";
  }
}
