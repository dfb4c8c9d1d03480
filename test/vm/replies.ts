/** Questions by number and their answers, each with a deadline. */

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

/** The error's `name` and `code` are those told, so that a test can expect them. */
function errorFrom(told: { name?: string; code?: string; class?: string; message?: string; desc?: string }): Error {
  const error = new Error(told.message ?? told.desc ?? 'no reason told');
  return Object.assign(error, { name: told.name ?? told.class ?? 'Error', code: told.code });
}

export class Replies {
  readonly #who: string;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #failure: string | null = null;

  constructor(who: string) {
    this.#who = who;
  }

  next(timeoutMs: number): { id: number; reply: Promise<unknown> } {
    this.#last += 1;
    return { id: this.#last, reply: this.expect(this.#last, timeoutMs) };
  }

  expect(id: number, timeoutMs: number): Promise<unknown> {
    if (this.#failure !== null) return Promise.reject(new Error(this.#failure));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`${this.#who} did not answer in ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  take(message: Record<string, unknown>): void {
    const id = Number(message['id']);
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    const error = message['error'] as Parameters<typeof errorFrom>[0] | undefined;
    if (error === undefined) waiting.resolve(message['value']);
    else waiting.reject(errorFrom(error));
  }

  /** There will be no answer to anything any more. */
  fail(reason: string): void {
    this.#failure = reason;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new Error(reason));
    }
    this.#waiting.clear();
  }
}
