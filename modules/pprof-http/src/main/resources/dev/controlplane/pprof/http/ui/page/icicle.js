/** The picture: boxes below their callers, on a canvas, with a selection that keys can move. */
import {NARROWEST, Painter, ROW} from './painter.js';
import {percent} from './text.js';

export class Icicle {
  #stage;
  #spacer;
  #canvas;
  #code;
  #painter;
  #onSelect;
  #onMove;
  #onZoom;
  #picture = null;
  #style = {by: 'state', comparing: false, searching: false};
  #zoomed = 0;
  #selected = 0;
  #hovered = -1;
  #laidOut = [];
  #frame = 0;

  constructor({stage, spacer, canvas, code, colours, onSelect, onMove, onZoom}) {
    this.#stage = stage;
    this.#spacer = spacer;
    this.#canvas = canvas;
    this.#code = code;
    this.#painter = new Painter(code, colours);
    this.#onSelect = onSelect;
    this.#onMove = onMove;
    this.#onZoom = onZoom;
    new ResizeObserver(() => this.#later()).observe(stage);
    stage.addEventListener('scroll', () => this.#later());
    stage.addEventListener('keydown', (event) => this.#key(event));
    canvas.addEventListener('pointermove', (event) => this.#hover(this.#at(event)));
    canvas.addEventListener('pointerleave', () => this.#hover(-1));
    canvas.addEventListener('click', (event) => this.#click(this.#at(event)));
  }

  get zoomed() {
    return this.#zoomed;
  }

  get selected() {
    return this.#hovered >= 0 ? this.#hovered : this.#selected;
  }

  show(picture, style) {
    this.#picture = picture;
    this.#style = style;
    this.#zoomed = this.#nearest(this.#zoomed);
    this.#selected = this.#nearest(this.#selected);
    this.#hovered = picture.has(this.#hovered) ? this.#hovered : -1;
    this.#later();
  }

  /** The box itself, or the nearest caller that is still there. */
  #nearest(box) {
    while (!this.#picture.has(box)) {
      box = this.#code.boxes.parent[box];
    }
    return box;
  }

  zoom(box) {
    this.#zoomed = box;
    this.#selected = box;
    this.#stage.scrollTop = 0;
    this.#later();
    this.#onZoom();
    this.#onSelect();
  }

  toBlob(callback) {
    this.#draw();
    this.#canvas.toBlob(callback);
  }

  #later() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #layOut(width) {
    const boxes = [];
    const picture = this.#picture;
    const path = picture.path(this.#zoomed);
    path.slice(0, -1).forEach((id, row) => boxes.push({box: picture.boxes.get(id), row, x: 0, width, above: true}));
    const waiting = [{box: picture.boxes.get(this.#zoomed), row: path.length - 1, x: 0, width, above: false}];
    while (waiting.length > 0) {
      const place = waiting.pop();
      boxes.push(place);
      let x = place.x;
      for (const id of place.box.children) {
        const child = picture.boxes.get(id);
        const childWidth = (place.width * child.width) / Math.max(place.box.width, 1);
        if (childWidth >= NARROWEST) {
          waiting.push({box: child, row: place.row + 1, x, width: childWidth, above: false});
        }
        x += childWidth;
      }
    }
    return boxes;
  }

  #draw() {
    if (this.#picture === null) {
      return;
    }
    const width = this.#stage.clientWidth;
    this.#laidOut = this.#layOut(width);
    const rows = 1 + this.#laidOut.reduce((most, place) => Math.max(most, place.row), 0);
    this.#spacer.style.height = rows * ROW + 'px';
    const height = Math.min(rows * ROW, this.#stage.clientHeight || rows * ROW);
    const ratio = window.devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#canvas.style.width = width + 'px';
    this.#canvas.style.height = height + 'px';
    const context = this.#canvas.getContext('2d');
    context.scale(ratio, ratio);
    this.#painter.begin(context, this.#style, this.#selected, this.#hovered);
    const top = this.#stage.scrollTop;
    for (const place of this.#laidOut) {
      const y = place.row * ROW - top;
      if (y + ROW > 0 && y < height) {
        this.#painter.drawBox(place, y);
      }
    }
  }

  #at(event) {
    const bounds = this.#canvas.getBoundingClientRect();
    const x = event.clientX - bounds.left;
    const row = Math.floor((event.clientY - bounds.top + this.#stage.scrollTop) / ROW);
    const place = this.#laidOut.find((p) => p.row === row && x >= p.x && x < p.x + p.width);
    return place === undefined ? -1 : place.box.id;
  }

  #hover(box) {
    if (box !== this.#hovered) {
      this.#hovered = box;
      this.#canvas.classList.toggle('over', box >= 0);
      this.#later();
      this.#onSelect();
    }
  }

  #click(box) {
    if (box >= 0) {
      this.zoom(box);
    }
  }

  /** Moves the selection. The picture is a tree: up is the caller, down the largest callee. */
  #key(event) {
    if (this.#picture === null || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    const next = this.#neighbour(event.key);
    if (next === null) {
      return;
    }
    event.preventDefault();
    if (event.key === 'Enter') {
      this.zoom(next);
      return;
    }
    this.#selected = next;
    if (next !== 0 && !this.#picture.isBelow(next, this.#zoomed)) {
      this.#zoomed = next;
      this.#onZoom();
    } else if (next === 0 && this.#zoomed !== 0) {
      this.#zoomed = 0;
      this.#onZoom();
    }
    this.#hovered = -1;
    const top = (this.#picture.path(next).length - 1) * ROW;
    if (top < this.#stage.scrollTop || top + ROW > this.#stage.scrollTop + this.#stage.clientHeight) {
      this.#stage.scrollTop = top - this.#stage.clientHeight / 2;
    }
    this.#later();
    this.#onSelect();
    this.#onMove();
  }

  #neighbour(key) {
    const box = this.#picture.boxes.get(this.#selected);
    const parent = box.id === 0 ? null : this.#picture.boxes.get(this.#code.boxes.parent[box.id]);
    const sibling = (step) => {
      const siblings = parent === null ? [box.id] : parent.children;
      return siblings[siblings.indexOf(box.id) + step] ?? box.id;
    };
    switch (key) {
      case 'ArrowUp':
        return parent === null ? box.id : parent.id;
      case 'ArrowDown':
        return box.children.reduce(
          (most, id) => (most === box.id || this.#width(id) > this.#width(most) ? id : most), box.id);
      case 'ArrowLeft':
        return sibling(-1);
      case 'ArrowRight':
        return sibling(1);
      case 'Home':
        return 0;
      case 'Enter':
        return box.id;
      default:
        return null;
    }
  }

  #width(id) {
    return this.#picture.boxes.get(id).width;
  }

  /** What is known of a box, as text. */
  describe(id) {
    const box = this.#picture.boxes.get(id);
    const root = this.#picture.root;
    return {
      name: id === 0 ? 'all goroutines' : this.#code.name(id),
      file: id === 0 ? '' : this.#code.files[this.#code.boxes.label[id]],
      count: box.count,
      share: percent(box.count, root.count),
      growth: box.growth,
      own: box.own,
      states: [...box.states].sort((a, b) => b[1] - a[1]).map(([state, count]) => [this.#code.states.texts[state], count]),
    };
  }
}
