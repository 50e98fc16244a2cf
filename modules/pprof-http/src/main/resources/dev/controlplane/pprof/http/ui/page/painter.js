/** Draws the boxes of the picture: their colours, names, states and marks. */
import {number, shortName, signed} from './text.js';

export const ROW = 22;
export const NARROWEST = 0.7;

export class Painter {
  #code;
  #colours;
  #context = null;
  #style = null;
  #selected = 0;
  #hovered = -1;

  constructor(code, colours) {
    this.#code = code;
    this.#colours = colours;
  }

  begin(context, style, selected, hovered) {
    this.#context = context;
    this.#style = style;
    this.#selected = selected;
    this.#hovered = hovered;
    context.font = '12px system-ui, sans-serif';
    context.textBaseline = 'middle';
  }

  /** Draws a box at its place; `above` are callers of what is zoomed to. */
  drawBox({box, x, width, above}, y) {
    const context = this.#context;
    const inner = Math.max(width - 1, NARROWEST);
    const faded = above || (this.#style.searching && box.matched === 0);
    context.globalAlpha = faded ? 0.45 : 1;
    context.fillStyle = this.#colour(box);
    context.fillRect(x, y, inner, ROW - 1);
    if (this.#style.by === 'state' && !this.#style.comparing && box.states.size > 1) {
      this.#drawStates(box, x, y, inner);
    }
    context.globalAlpha = 1;
    if (this.#style.searching && box.matched > 0) {
      context.fillStyle = this.#colours.named('match');
      context.fillRect(x, y, Math.max((inner * box.matched) / box.width, 1), 3);
    }
    if (width > 28) {
      context.fillStyle = this.#colours.named(faded ? 'box-text-faded' : 'box-text');
      this.#drawText(this.#label(box), x + 5, y + ROW / 2, inner - 10);
    }
    if (box.id === this.#selected || box.id === this.#hovered) {
      context.strokeStyle = this.#colours.named('ring');
      context.lineWidth = 2;
      context.strokeRect(x + 1, y + 1, Math.max(inner - 2, 1), ROW - 3);
    }
  }

  /** A stripe with the shares of the states, for boxes whose colour is only that of most. */
  #drawStates(box, x, y, width) {
    const context = this.#context;
    let from = x;
    for (const [state, count] of [...box.states].sort((a, b) => b[1] - a[1])) {
      const share = (width * count) / box.width;
      context.fillStyle = this.#colours.named(this.#colours.stateName(this.#code.states.texts[state]) + '-strong');
      context.fillRect(from, y + ROW - 4, share, 3);
      from += share;
    }
  }

  #drawText(text, x, y, width) {
    const context = this.#context;
    if (context.measureText(text).width <= width) {
      context.fillText(text, x, y);
      return;
    }
    let shown = Math.floor((text.length * width) / context.measureText(text).width);
    while (shown > 1 && context.measureText(text.slice(0, shown) + '…').width > width) {
      shown--;
    }
    if (shown > 1) {
      context.fillText(text.slice(0, shown) + '…', x, y);
    }
  }

  #label(box) {
    const name = box.id === 0 ? 'all' : shortName(this.#code.name(box.id));
    // Without a comparison, small changes come and go with every look.
    const worthTelling = this.#style.comparing || Math.abs(box.growth) >= box.width / 100;
    return `${name} ${number(box.count)} ${worthTelling ? signed(box.growth) : ''}`.trimEnd();
  }

  #colour(box) {
    if (this.#style.comparing) {
      return this.#colours.ofGrowth(box.growth, box.width);
    }
    if (box.id === 0) {
      return this.#colours.named('same');
    }
    if (this.#style.by === 'package') {
      return this.#colours.ofFunction(this.#code.name(box.id));
    }
    let most = null;
    for (const entry of box.states) {
      most = most === null || entry[1] > most[1] ? entry : most;
    }
    return this.#colours.ofState(this.#code.states.texts[most[0]]);
  }
}
