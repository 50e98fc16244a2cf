/** The profiles of the server and saved ones. Speedscope shows both. */
import {element} from './tables.js';
import {number} from './text.js';

const SPEEDSCOPE = 'ui/speedscope/';

/** The address at which speedscope shows what is at another address. */
export function speedscope(url, title) {
  return SPEEDSCOPE + '#profileURL=' + encodeURIComponent(url) + '&title=' + encodeURIComponent(title) + '&view=left-heavy';
}

/** Opens a file of this computer. Speedscope reads it through an address that only this browser knows. */
export function openFile(file) {
  const url = URL.createObjectURL(file);
  window.open(speedscope(url, file.name), '_blank');
  // Long after speedscope has read it.
  setTimeout(() => URL.revokeObjectURL(url), 10 * 60_000);
}

/** Lists the profiles, and asks again for deadlocks now and then. */
export class Profiles {
  #place;
  #deadlocks;
  #hasDeadlocks = false;
  #asked = 0;

  constructor(place, deadlocks) {
    this.#place = place;
    this.#deadlocks = deadlocks;
  }

  async load() {
    const answer = await fetch('ui/profiles', {cache: 'no-store'});
    if (!answer.ok) {
      this.#place.replaceChildren(element('p', {textContent: 'The server does not list its profiles: ' + answer.status}));
      return;
    }
    const kinds = await answer.json();
    this.#hasDeadlocks = kinds.some((kind) => kind.name === 'deadlock');
    this.#deadlocks.tab.hidden = !this.#hasDeadlocks;
    this.#place.replaceChildren(element('ul', {className: 'profiles'}, ...kinds.map((kind) => this.#item(kind))));
  }

  #item(kind) {
    const time = kind.kind === 'window' || kind.kind === 'raw';
    const seconds = element('input', {type: 'number', min: 1, max: 3600, value: kind.kind === 'raw' ? 5 : 10});
    const query = () => (time ? '?seconds=' + (Number(seconds.value) || 1) : '');
    // An address is made when it is used: the time may have changed.
    const link = (text, href, properties = {}) => {
      const made = element('a', {textContent: text, href: href(), className: 'button', ...properties});
      seconds.addEventListener('input', () => (made.href = href()));
      return made;
    };
    const name = kind.name;
    const actions = element('div', {className: 'controls'});
    if (time) {
      actions.append(element('label', {}, 'for ', seconds, ' seconds'));
    }
    // A full address: speedscope's page is elsewhere.
    const full = () => new URL(name + query(), location.href).href;
    actions.append(
      link('Open in speedscope', () => speedscope(full(), name), {target: '_blank', rel: 'opener'}),
      link('Download', () => name + query(), {download: name + (kind.kind === 'raw' ? '.jfr' : '.pb.gz')}));
    if (!time) {
      actions.append(link('Text', () => name + '?debug=1', {target: '_blank', rel: 'noopener'}));
    }
    return element('li', {},
      element('h3', {}, name, kind.count > 0 ? element('small', {textContent: ' ' + number(kind.count)}) : ''),
      element('p', {textContent: kind.description}), actions);
  }

  /** Asks for deadlocks, at most every ten seconds: a search costs more than a look. */
  async askForDeadlocks() {
    const now = Date.now();
    if (!this.#hasDeadlocks || now - this.#asked < 10_000) {
      return;
    }
    this.#asked = now;
    const {tab, note, text} = this.#deadlocks;
    const answer = await fetch('deadlock?debug=1', {cache: 'no-store'}).catch(() => null);
    if (answer === null || !answer.ok) {
      note.textContent = 'The server did not search for deadlocks: ' + (answer === null ? 'no answer' : await answer.text());
      return;
    }
    const body = await answer.text();
    const total = Number(/total (\d+)/.exec(body)?.[1] ?? 0);
    tab.classList.toggle('alarm', total > 0);
    tab.textContent = total > 0 ? `Deadlocks (${number(total)})` : 'Deadlocks';
    note.textContent = total > 0 ? `${number(total)} goroutines wait for each other and will never go on.` : 'No deadlock.';
    text.textContent = total > 0 ? body : '';
  }
}
