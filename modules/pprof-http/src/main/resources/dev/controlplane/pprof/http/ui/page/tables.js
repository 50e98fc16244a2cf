/** The tables beside the picture. Rows are kept by key, so that an open row stays open. */
import {number, shortName, signed, span} from './text.js';

const MOST = 100;

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

class Table {
  #rows = new Map();
  #body;
  #more;
  #place;

  constructor(place, caption, columns) {
    this.#place = place;
    this.#body = element('tbody');
    const heads = columns.map((column) =>
      element('th', {scope: 'col', textContent: column.title, className: column.kind ?? ''}));
    this.#more = element('p', {className: 'note'});
    place.append(
      element('table', {}, element('caption', {className: 'unseen', textContent: caption}),
        element('thead', {}, element('tr', {}, ...heads)), this.#body),
      this.#more);
    this.columns = columns;
  }

  /** Shows rows; `key` tells which row of before is the same. */
  show(rows, key, empty) {
    const shown = rows.slice(0, MOST);
    const kept = new Map();
    shown.forEach((row, i) => {
      const id = key(row);
      const line = this.#rows.get(id) ?? this.#newLine();
      this.columns.forEach((column, c) => column.fill(line.cells[c], row));
      if (this.#body.children[i] !== line) {
        this.#body.insertBefore(line, this.#body.children[i] ?? null);
      }
      kept.set(id, line);
    });
    while (this.#body.children.length > shown.length) {
      this.#body.lastElementChild.remove();
    }
    this.#rows = kept;
    this.#place.firstElementChild.hidden = rows.length === 0;
    this.#more.textContent =
      rows.length === 0 ? empty : rows.length > MOST ? `The first ${MOST} of ${number(rows.length)} rows. The search and the states narrow them.` : '';
  }

  #newLine() {
    return element('tr', {}, ...this.columns.map((column) => element('td', {className: column.kind ?? ''})));
  }
}

function text(title, kind, value) {
  return {
    title,
    kind,
    fill(cell, row) {
      const next = value(row);
      if (cell.textContent !== next) {
        cell.textContent = next;
      }
    },
  };
}

function growth(title) {
  return {
    title,
    kind: 'number',
    fill(cell, row) {
      cell.textContent = signed(row.growth);
      cell.classList.toggle('grew', row.growth > 0);
      cell.classList.toggle('shrank', row.growth < 0);
    },
  };
}

/** The state with the colour that it has in the picture. */
function state(code, colours) {
  return {
    title: 'State',
    fill(cell, row) {
      const name = code.states.texts[row.state];
      if (cell.textContent !== name) {
        cell.replaceChildren(element('i', {className: 'swatch ' + colours.stateName(name)}), name);
      }
    },
  };
}

/** The innermost frames on one line; all of them when it is opened. */
function stack(code) {
  return {
    title: 'Stack, innermost first',
    kind: 'stack',
    fill(cell, row) {
      if (cell.dataset.stack === String(row.stack)) {
        return;
      }
      cell.dataset.stack = row.stack;
      const frames = code.frames(row.stack);
      const brief = frames.slice(0, 4).map((frame) => shortName(frame.name)).join(' ← ');
      const summary = element('summary', {textContent: brief + (frames.length > 4 ? ' ← …' : '') || '(all stacks that are too rare)'});
      const list = element('ol');
      const details = element('details', {}, summary, list);
      details.addEventListener('toggle', () => {
        if (details.open && list.childElementCount === 0) {
          list.append(...frames.map((frame) =>
            element('li', {}, frame.name, element('span', {className: 'file', textContent: ' ' + frame.file + ':' + frame.line}))));
        }
      });
      cell.replaceChildren(details);
    },
  };
}

export class Tables {
  #code;
  #places;
  #groups;
  #grew;
  #longest;
  #functions;

  constructor(code, colours, place) {
    this.#code = code;
    this.#places = place;
    const count = text('Goroutines', 'number', (row) => number(row.count));
    const standing = text('Longest', 'number', (row) => (row.standing < 1000 ? '' : span(row.standing)));
    this.#groups = new Table(place('groups'), 'Groups of goroutines',
      [count, growth('Change'), state(code, colours), stack(code), standing]);
    this.#grew = new Table(place('grew'), 'Groups that grew',
      [growth('Growth'), count, state(code, colours), stack(code)]);
    this.#longest = new Table(place('longest'), 'Goroutines that stand still',
      [standing, text('Goroutine', 'number', (row) => String(row.id)), text('In a group of', 'number', (row) => number(row.count)),
        state(code, colours), stack(code)]);
    this.#functions = new Table(place('functions'), 'Functions',
      [text('Total', 'number', (row) => number(row.total)), text('Own', 'number', (row) => number(row.own)), growth('Change'),
        text('Function', 'name', (row) => row.name)]);
  }

  /** Fills the table that can be seen. `grown` are the groups with their growth over a longer time. */
  show(rows, grown) {
    const key = (row) => row.stack + ':' + row.state;
    if (this.#visible('groups')) {
      this.#groups.show([...rows].sort((a, b) => b.count - a.count || a.stack - b.stack), key, 'No goroutines.');
    }
    if (this.#visible('grew')) {
      this.#grew.show(
        grown.filter((row) => row.growth > 0).sort((a, b) => b.growth - a.growth), key, 'No group grew.');
    }
    if (this.#visible('longest')) {
      this.#longest.show(
        rows.filter((row) => row.standing >= 1000).sort((a, b) => b.standing - a.standing || b.count - a.count), key,
        'No goroutine has stood still for a second, as far as the looks tell.');
    }
    if (this.#visible('functions')) {
      this.#functions.show(this.#byFunction(rows), (row) => row.fn, 'No goroutines.');
    }
  }

  #visible(name) {
    return this.#places(name).offsetParent !== null;
  }

  #byFunction(rows) {
    const boxes = this.#code.boxes;
    const functions = new Map();
    for (const row of rows) {
      const leaf = this.#code.boxOf[row.stack];
      const seen = new Set();
      for (let box = leaf; box !== 0; box = boxes.parent[box]) {
        const fn = boxes.label[box];
        const entry = functions.get(fn) ?? {fn, name: this.#code.functions.texts[fn], total: 0, own: 0, growth: 0};
        functions.set(fn, entry);
        entry.own += box === leaf ? row.count : 0;
        // A recursion counts once.
        if (!seen.has(fn)) {
          seen.add(fn);
          entry.total += row.count;
          entry.growth += row.growth;
        }
      }
    }
    return [...functions.values()].sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
  }
}

/** The groups as comma-separated values (RFC 4180). */
export function csv(code, rows) {
  // A spreadsheet would run a text that begins like a formula.
  const quote = (text) => '"' + text.replace(/^(?=[=+\-@])/, "'").replaceAll('"', '""') + '"';
  const lines = rows.map((row) =>
    [row.count, row.growth, quote(code.states.texts[row.state]), Math.floor(row.standing / 1000), row.id,
      quote(code.frames(row.stack).map((frame) => `${frame.name} (${frame.file}:${frame.line})`).join(' < '))].join(','));
  return ['goroutines,change,state,longest_seconds,longest_goroutine,stack', ...lines].join('\r\n') + '\r\n';
}
