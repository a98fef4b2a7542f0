/** Things that an owner must give back, taken in reverse order. (`AsyncDisposableStack` is not everywhere.) */
export class Disposals implements AsyncDisposable {
  #owned: (() => void | PromiseLike<void>)[] = [];

  /** Takes something over and hands it on. */
  use<T extends AsyncDisposable | Disposable>(value: T): T {
    this.#owned.push(() => (Symbol.asyncDispose in value ? value[Symbol.asyncDispose]() : value[Symbol.dispose]()));
    return value;
  }

  /** Everything taken so far belongs to the returned owner from now on. */
  move(): Disposals {
    const moved = new Disposals();
    moved.#owned = this.#owned;
    this.#owned = [];
    return moved;
  }

  /** Idempotent. All are disposed, whatever each of them throws; the first error is thrown at the end. */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (let dispose = this.#owned.pop(); dispose !== undefined; dispose = this.#owned.pop()) {
      try {
        await dispose();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
