/** The legend: a button for each state, or the largest packages. */
import {element} from './tables.js';
import {number, packageOf, signed} from './text.js';

export class Legend {
  #place;
  #code;
  #colours;
  #onChange;
  #pressed = new Set();

  constructor(place, code, colours, onChange) {
    this.#place = place;
    this.#code = code;
    this.#colours = colours;
    this.#onChange = onChange;
  }

  /** Whether goroutines in a state are shown: those of the pressed buttons, or all. */
  shows(state) {
    return this.#pressed.size === 0 || this.#pressed.has(state);
  }

  clear() {
    this.#place.replaceChildren();
  }

  show(rows, {byPackage, comparing}) {
    if (byPackage && !comparing) {
      this.#showPackages(rows);
    } else {
      this.#showStates(rows, comparing);
    }
  }

  #showPackages(rows) {
    const sums = new Map();
    for (const row of rows.filter((r) => r.count > 0)) {
      for (const name of new Set(this.#code.frames(row.stack).map((frame) => packageOf(frame.name)))) {
        sums.set(name, (sums.get(name) ?? 0) + row.count);
      }
    }
    const largest = [...sums].sort((a, b) => b[1] - a[1]).slice(0, 10);
    this.#place.replaceChildren(...largest.map(([name, count]) => {
      const swatch = element('i', {className: 'swatch'});
      swatch.style.background = this.#colours.ofPackage(name);
      return element('span', {className: 'chip'}, swatch, `${name} `, element('b', {textContent: number(count)}));
    }));
  }

  #showStates(rows, comparing) {
    const sums = new Map();
    for (const row of rows) {
      const sum = sums.get(row.state) ?? {count: 0, growth: 0};
      sum.count += row.count;
      sum.growth += row.growth;
      sums.set(row.state, sum);
    }
    const chips = new Map([...this.#place.querySelectorAll('button')].map((chip) => [Number(chip.dataset.state), chip]));
    const order = [...sums].sort((a, b) => b[1].count - a[1].count);
    const next = order.map(([state, sum]) => this.#fillChip(chips.get(state) ?? this.#newChip(state), state, sum, comparing));
    // The same buttons in the same order keep the focus.
    if (next.length !== this.#place.children.length || next.some((chip, i) => this.#place.children[i] !== chip)) {
      const focused = document.activeElement;
      this.#place.replaceChildren(...next);
      if (next.includes(focused)) {
        focused.focus();
      }
    }
  }

  #newChip(state) {
    const chip = element('button', {type: 'button', className: 'chip'});
    chip.dataset.state = state;
    chip.addEventListener('click', () => {
      if (!this.#pressed.delete(state)) {
        this.#pressed.add(state);
      }
      this.#onChange();
    });
    return chip;
  }

  #fillChip(chip, state, {count, growth}, comparing) {
    const name = this.#code.states.texts[state];
    chip.setAttribute('aria-pressed', String(this.#pressed.has(state)));
    chip.replaceChildren(
      element('i', {className: 'swatch ' + (comparing ? '' : this.#colours.stateName(name))}), name + ' ',
      element('b', {textContent: number(count)}),
      element('em', {textContent: signed(growth), className: growth > 0 ? 'grew' : 'shrank'}));
    return chip;
  }
}
