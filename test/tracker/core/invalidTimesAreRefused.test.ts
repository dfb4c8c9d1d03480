import { expect, it } from 'vitest';
import { checkConfig } from '../../../src/tracker/core/config.js';
import { settings } from './bench.js';

const TIMES = ['lingerMs', 'ackTimeoutMs', 'groupCommitMs', 'flushIntervalMs', 'flushEveryWrites'] as const;

it.each(TIMES)('%s is refused when it is not a number, negative or infinite', (name) => {
  for (const wrong of [Number.NaN, -1, Number.POSITIVE_INFINITY, undefined as unknown as number]) {
    expect(() => checkConfig(settings({ [name]: wrong })), String(wrong)).toThrow(
      new RegExp(`^${name} ${String(wrong)}: must be`),
    );
  }
});

it('fractions of a millisecond are accepted, and 0 where it has a meaning', () => {
  expect(checkConfig(settings({ flushIntervalMs: 0.1, lingerMs: 0, groupCommitMs: 0 })).flushIntervalMs).toBe(0.1);
  expect(() => checkConfig(settings({ ackTimeoutMs: 0 }))).toThrow(/^ackTimeoutMs 0/);
  expect(() => checkConfig(settings({ flushEveryWrites: 0 }))).toThrow(/^flushEveryWrites 0/);
});
