/** Matches replies to numbered requests, each with a deadline. */

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

/** An error with the `name` and `code` of the reply, so that a test can expect them. */
function errorFrom(reply: { name?: string; code?: string; class?: string; message?: string; desc?: string }): Error {
  const error = new Error(reply.message ?? reply.desc ?? 'the reply gives no reason');
  return Object.assign(error, { name: reply.name ?? reply.class ?? 'Error', code: reply.code });
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

  /** Rejects all requests, those waiting and those to come. */
  fail(reason: string): void {
    this.#failure = reason;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new Error(reason));
    }
    this.#waiting.clear();
  }
}
