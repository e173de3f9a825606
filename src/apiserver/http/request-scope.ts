/**
 * The end of a request, for whoever works on it. The signal is made when somebody first asks for it: most requests are over
 * before anybody does, and a signal that nobody listens to costs more than their handler.
 */
export class RequestScope {
  #controller: AbortController | undefined;
  #reason: string | undefined;
  /** Mostly there is none, or one. */
  #after: (() => void) | readonly (() => void)[] | undefined;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  get isOver(): boolean {
    return this.#reason !== undefined;
  }

  /** Calls back at the end, at once when it has come: a listener for less than a signal's. */
  after(callback: () => void): void {
    if (this.isOver) callback();
    else this.#after = this.#after === undefined ? callback : [...this.#callbacks(), callback];
  }

  /** Takes `after` back. */
  notAfter(callback: () => void): void {
    const left = this.#callbacks().filter((each) => each !== callback);
    this.#after = left.length > 1 ? left : left[0];
  }

  /** @param reason one text for all requests that end so: an exception with its stack for each would cost more than the request */
  end(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    for (const callback of this.#callbacks()) callback();
  }

  #callbacks(): readonly (() => void)[] {
    const after = this.#after;
    return after === undefined ? [] : typeof after === "function" ? [after] : after;
  }
}
