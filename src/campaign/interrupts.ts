/**
 * SIGINT and SIGTERM while hardware is in our hands. The first asks for an orderly end; the second gets power restored
 * and the process ended, whatever else is still open.
 */
export interface Interrupts {
  readonly requested: boolean;
  /** What the first signal does from now on; done at once when it has come already. */
  onFirst(fn: () => void): void;
  /** Back to how signals were handled before. */
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `onSecond` restores power and ends the process. */
export function catchInterrupts(onSecond: () => void): Interrupts {
  let count = 0;
  let first = (): void => undefined;
  const handler = (): void => {
    count += 1;
    if (count === 1) first();
    if (count === 2) onSecond();
  };
  for (const signal of SIGNALS) process.on(signal, handler);
  return {
    get requested() {
      return count > 0;
    },
    onFirst(fn) {
      if (count > 0) fn();
      else first = fn;
    },
    release() {
      for (const signal of SIGNALS) process.off(signal, handler);
    },
  };
}
