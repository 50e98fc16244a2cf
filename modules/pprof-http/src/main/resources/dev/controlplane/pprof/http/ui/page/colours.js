/** The colours of boxes. They come from the style sheet, so that light and dark differ only there. */
import {packageOf} from './text.js';

/** The part of a variable's name in the style sheet, for each state of Go's that Java threads have. */
const STATES = {
  'running': 'running',
  'runnable': 'runnable',
  'syscall': 'syscall',
  'IO wait': 'io',
  'sleep': 'sleep',
  'chan receive': 'channel',
  'chan send': 'channel',
  'select': 'channel',
  'sync.Mutex.Lock': 'lock',
  'sync.RWMutex.Lock': 'lock',
  'sync.RWMutex.RLock': 'lock',
  'semacquire': 'semaphore',
  'sync.Cond.Wait': 'condition',
  'sync.WaitGroup.Wait': 'group',
};

export class Colours {
  #values = new Map();

  /** Reads them again, after a change between light and dark. */
  refresh() {
    this.#values.clear();
  }

  /** The value of a variable of the style sheet. */
  named(name) {
    let value = this.#values.get(name);
    if (value === undefined) {
      value = getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
      this.#values.set(name, value);
    }
    return value;
  }

  stateName(state) {
    return 'state-' + (STATES[state] ?? 'waiting');
  }

  ofState(state) {
    return this.named(this.stateName(state));
  }

  ofFunction(name) {
    return this.ofPackage(packageOf(name));
  }

  ofPackage(name) {
    let hash = 0;
    for (const char of name) {
      hash = (Math.imul(hash, 31) + char.codePointAt(0)) | 0;
    }
    // A multiplication spreads similar names over the circle.
    const hue = ((Math.imul(hash, 0x9e3779b1) >>> 0) / 2 ** 32) * 360;
    return `oklch(${this.named('package-light')} ${this.named('package-chroma')} ${hue.toFixed(0)})`;
  }

  /** Red for growth, blue for shrinking, as strong as the share that changed. */
  ofGrowth(growth, width) {
    const share = width === 0 ? 0 : Math.min(1, Math.abs(growth) / width);
    const step = growth === 0 ? 0 : share < 0.05 ? 1 : share < 0.25 ? 2 : share < 0.6 ? 3 : 4;
    return step === 0 ? this.named('same') : this.named((growth > 0 ? 'grew-' : 'shrank-') + step);
  }
}
