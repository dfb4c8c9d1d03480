/** Promises with a deadline on an injected clock. */
import type { Clock } from '../base/clock.js';
import { CampaignError } from './errors.js';

/** Rejects with HARDWARE_FAILED after `ms`. The promise itself goes on; its later result is ignored. */
export function within<T>(clock: Clock, ms: number, what: string, promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = clock.after(ms, () =>
      reject(new CampaignError('HARDWARE_FAILED', `${what} did not end within ${ms} ms`, { what, ms })),
    );
    promise.then(resolve, reject).finally(cancel);
  });
}

/** Resolves when the promise has resolved or rejected, or `ms` have passed. */
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
