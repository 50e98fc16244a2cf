/** The number of goroutines over time, with the moment shown and the one compared with. */
export class Strip {
  #canvas;
  #colours;
  #looks = [];
  #shown = null;
  #base = null;

  constructor(canvas, colours, onPick) {
    this.#canvas = canvas;
    this.#colours = colours;
    canvas.addEventListener('click', (event) => {
      const bounds = canvas.getBoundingClientRect();
      const look = this.#looks[this.#indexAt((event.clientX - bounds.left) / bounds.width)];
      if (look !== undefined) {
        onPick(look, event.shiftKey);
      }
    });
  }

  #indexAt(share) {
    return Math.round(share * (this.#looks.length - 1));
  }

  show(looks, shown, base) {
    this.#looks = looks;
    this.#shown = shown;
    this.#base = base;
    this.#draw();
  }

  #draw() {
    const ratio = window.devicePixelRatio || 1;
    const {clientWidth: width, clientHeight: height} = this.#canvas;
    this.#canvas.width = width * ratio;
    this.#canvas.height = height * ratio;
    const context = this.#canvas.getContext('2d');
    context.scale(ratio, ratio);
    const most = Math.max(1, ...this.#looks.map((look) => look.total));
    const least = Math.min(...this.#looks.map((look) => look.total), most);
    // A change of less than a tenth is not blown up to look like a cliff.
    const range = Math.max(most - least, most / 10);
    const x = (i) => (this.#looks.length < 2 ? width - 3 : 3 + ((width - 6) * i) / (this.#looks.length - 1));
    const y = (look) => height - 5 - ((height - 10) * (look.total - Math.min(least, most - range))) / range;
    context.strokeStyle = this.#colours.named('line');
    context.lineWidth = 1.5;
    context.beginPath();
    this.#looks.forEach((look, i) => (i === 0 ? context.moveTo(x(i), y(look)) : context.lineTo(x(i), y(look))));
    context.stroke();
    this.#mark(context, this.#base, x, y, 'base');
    this.#mark(context, this.#shown, x, y, 'line');
  }

  #mark(context, look, x, y, colour) {
    const i = this.#looks.indexOf(look);
    if (i >= 0) {
      context.fillStyle = this.#colours.named(colour);
      context.beginPath();
      context.arc(x(i), y(look), 3.5, 0, 2 * Math.PI);
      context.fill();
    }
  }
}
