/** First in, first out; taking the first does not move the others. */
export class Fifo<T> {
  private items: (T | undefined)[] = [];
  private head = 0;
  length = 0;

  push(item: T): void {
    this.items.push(item);
    this.length += 1;
  }

  peek(): T | undefined {
    while (this.head < this.items.length && this.items[this.head] === undefined) this.head += 1;
    return this.items[this.head];
  }

  shift(): void {
    if (this.peek() === undefined) return;
    this.items[this.head] = undefined;
    this.length -= 1;
    if (this.head++ < 1024) return;
    this.items = this.items.slice(this.head);
    this.head = 0;
  }

  remove(item: T): boolean {
    const index = this.items.indexOf(item, this.head);
    if (index < 0) return false;
    this.items[index] = undefined;
    this.length -= 1;
    return true;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const item of this.items) if (item !== undefined) yield item;
  }
}
