/**
 * Asks the server for looks, one after the other, while the page can be seen. A walk over many
 * threads takes the server a while: the feed leaves it at least four times as long in peace.
 */
export class Feed {
  #url;
  #onLook;
  #onProblem;
  #timer;
  #asking = false;
  #failures = 0;
  #paused = false;
  interval = 2000;

  constructor(url, onLook, onProblem) {
    this.#url = url;
    this.#onLook = onLook;
    this.#onProblem = onProblem;
    document.addEventListener('visibilitychange', () => this.#soon(0));
  }

  start() {
    this.#soon(0);
  }

  get paused() {
    return this.#paused;
  }

  set paused(paused) {
    this.#paused = paused;
    this.#soon(0);
  }

  #soon(millis) {
    clearTimeout(this.#timer);
    if (!this.#paused && !document.hidden) {
      this.#timer = setTimeout(() => this.#ask(), millis);
    }
  }

  async #ask() {
    if (this.#asking) {
      return;
    }
    this.#asking = true;
    let wait = this.interval;
    try {
      const answer = await fetch(this.#url, {cache: 'no-store', signal: AbortSignal.timeout(30_000)});
      if (!answer.ok) {
        throw new Error((await answer.text()).trim() || 'the server answered ' + answer.status);
      }
      const look = await answer.json();
      wait = Math.max(wait, 4 * look.walk);
      this.#failures = 0;
      this.#onProblem(null);
      this.#onLook(look);
    } catch (error) {
      this.#failures++;
      wait = Math.min(30_000, 1000 * 2 ** this.#failures);
      this.#onProblem(
        (error instanceof TypeError ? 'The server does not answer' : 'No new look: ' + error.message) +
          '. The page tries again in ' + wait / 1000 + ' s.');
    } finally {
      this.#asking = false;
    }
    this.#soon(wait);
  }
}
