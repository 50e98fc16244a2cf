/**
 * What the server sent, in a form in which two moments can be compared: places in the code have the
 * same number in every look.
 */

/** Stacks as a tree that only grows. Node 0 is the root; a parent has a smaller number. */
class Trie {
  constructor() {
    this.parent = [0];
    this.label = [0];
    this.children = [null];
  }

  child(parent, label) {
    const children = (this.children[parent] ??= new Map());
    let node = children.get(label);
    if (node === undefined) {
      node = this.parent.length;
      this.parent.push(parent);
      this.label.push(label);
      this.children.push(null);
      children.set(label, node);
    }
    return node;
  }

  get size() {
    return this.parent.length;
  }
}

class Interner {
  constructor() {
    this.texts = [];
    this.numbers = new Map();
  }

  number(text) {
    let n = this.numbers.get(text);
    if (n === undefined) {
      n = this.texts.length;
      this.texts.push(text);
      this.numbers.set(text, n);
    }
    return n;
  }
}

/** All that was seen since the page was opened: names, lines, and two trees of stacks. */
export class Code {
  constructor() {
    this.functions = new Interner();
    this.files = [];
    this.states = new Interner();
    this.lines = new Interner();
    /** By line, as the stacks are. */
    this.stacks = new Trie();
    /** By function, as the picture shows them. */
    this.boxes = new Trie();
    /** The box of each stack. */
    this.boxOf = [0];
  }

  name(box) {
    return this.functions.texts[this.boxes.label[box]];
  }

  /** The frames of a stack, leaf first. */
  frames(stack) {
    const frames = [];
    for (let node = stack; node !== 0; node = this.stacks.parent[node]) {
      const [fn, line] = this.lines.texts[this.stacks.label[node]].split(' ').map(Number);
      frames.push({name: this.functions.texts[fn], file: this.files[fn], line});
    }
    return frames;
  }

  /** Reads an answer of the server. */
  read(answer) {
    const functions = answer.functions.map((name, i) => {
      const fn = this.functions.number(name);
      this.files[fn] = answer.files[answer.functionFiles[i]];
      return fn;
    });
    const states = answer.states.map((state) => this.states.number(state));
    const stacks = [0];
    for (let i = 0; i < answer.nodes.length; i += 3) {
      const parent = stacks[answer.nodes[i]];
      const fn = functions[answer.nodes[i + 1]];
      const line = this.lines.number(fn + ' ' + answer.nodes[i + 2]);
      const stack = this.stacks.child(parent, line);
      this.boxOf[stack] ??= this.boxes.child(this.boxOf[parent], fn);
      stacks.push(stack);
    }
    const groups = [];
    for (let i = 0; i < answer.groups.length; i += 5) {
      const [node, state, count, standing, id] = answer.groups.slice(i, i + 5);
      groups.push({stack: stacks[node], state: states[state], count, standing, id});
    }
    return new Look(answer, groups);
  }
}

/** One moment. */
class Look {
  constructor(answer, groups) {
    this.time = answer.time;
    this.walk = answer.walk;
    this.total = answer.total;
    this.folded = answer.folded;
    this.groups = groups;
  }

  /** The counts by stack and state, for comparisons. */
  get counts() {
    this.byKey ??= new Map(this.groups.map((group) => [keyOf(group), group.count]));
    return this.byKey;
  }
}

export function keyOf(group) {
  return group.stack + ':' + group.state;
}

/**
 * Groups of a look with their growth since another, which may be null. Groups that are gone have
 * the count 0.
 */
export function compare(look, base) {
  if (base === null) {
    return look.groups.map((group) => ({...group, growth: 0}));
  }
  const rows = look.groups.map((group) => ({
    ...group,
    growth: group.count - (base.counts.get(keyOf(group)) ?? 0),
  }));
  for (const group of base.groups) {
    if (!look.counts.has(keyOf(group))) {
      rows.push({...group, count: 0, standing: 0, growth: -group.count});
    }
  }
  return rows;
}

/**
 * Adds groups up in boxes, from the leaves to the root: how wide a box is, how many goroutines it
 * has now and by how many it grew, how many match the search, and its states. A group is as wide as
 * it is or was, whichever is more, unless it says otherwise.
 */
export class Picture {
  constructor(code, rows, matches) {
    this.code = code;
    this.boxes = new Map();
    this.box(0);
    for (const row of rows) {
      const box = this.box(code.boxOf[row.stack]);
      const width = row.width ?? Math.max(row.count, row.count - row.growth);
      box.own += row.count;
      box.width += width;
      box.count += row.count;
      box.growth += row.growth;
      box.matched += matches(row) ? width : 0;
      box.states.set(row.state, (box.states.get(row.state) ?? 0) + width);
    }
    const order = [...this.boxes.keys()].sort((a, b) => b - a);
    for (const id of order) {
      if (id !== 0) {
        this.addToParent(id);
      }
    }
    for (const box of this.boxes.values()) {
      // By name: a box keeps its place when numbers change.
      box.children.sort((a, b) => (code.name(a) < code.name(b) ? -1 : 1));
    }
  }

  box(id) {
    let box = this.boxes.get(id);
    if (box === undefined) {
      box = {id, width: 0, count: 0, own: 0, growth: 0, matched: 0, states: new Map(), children: []};
      this.boxes.set(id, box);
      if (id !== 0) {
        const parent = this.code.boxes.parent[id];
        this.box(parent).children.push(id);
      }
    }
    return box;
  }

  addToParent(id) {
    const box = this.boxes.get(id);
    const parent = this.boxes.get(this.code.boxes.parent[id]);
    parent.width += box.width;
    parent.count += box.count;
    parent.growth += box.growth;
    parent.matched += box.matched;
    for (const [state, width] of box.states) {
      parent.states.set(state, (parent.states.get(state) ?? 0) + width);
    }
  }

  has(id) {
    return this.boxes.has(id);
  }

  get root() {
    return this.boxes.get(0);
  }

  /** The boxes from the root to one, with it. */
  path(id) {
    const path = [];
    for (let node = id; node !== 0; node = this.code.boxes.parent[node]) {
      path.unshift(node);
    }
    path.unshift(0);
    return path;
  }

  isBelow(id, ancestor) {
    for (let node = id; node >= ancestor; node = this.code.boxes.parent[node]) {
      if (node === ancestor) {
        return true;
      }
      if (node === 0) {
        return false;
      }
    }
    return false;
  }
}
