/** A promise with a deadline on an injected clock. */
import type { Clock } from '../base/clock.js';
import { CampaignError } from './errors.js';

/** Rejects with HARDWARE_FAILED after `ms`; the promise itself goes on, its end is then nobody's business. */
export function within<T>(clock: Clock, ms: number, what: string, promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = clock.after(ms, () =>
      reject(new CampaignError('HARDWARE_FAILED', `${what} did not end within ${ms} ms`, { what, ms })),
    );
    promise.then(resolve, reject).finally(cancel);
  });
}

/** Resolves when the promise has come to an end, whichever, or `ms` have passed. */
export function ended(clock: Clock, ms: number, promise: Promise<unknown>): Promise<void> {
  return new Promise<void>((resolve) => {
    const cancel = clock.after(ms, resolve);
    promise
      .then(
        () => resolve(),
        () => resolve(),
      )
      .finally(cancel);
  });
}
