/** From so many on, places that were left are cleared away. */
const MIN_CLEARING = 1024;

/** First in, first out. `shift` of a long array moves all that is behind: with 65,536 it takes longer than a request. */
export class Queue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) this.clear();
    else if (this.#head >= MIN_CLEARING && 2 * this.#head >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Leaves out those that do not pass. */
  filter(passes: (item: T) => boolean): void {
    this.#items = this.#items.slice(this.#head).filter((item) => passes(item as T));
    this.#head = 0;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
