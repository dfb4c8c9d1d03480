/** Times that wait for each other. */
import { formatDuration } from '../units.js';
import type { Check } from './check.js';

/** An update is acknowledged by the flush behind it: where that comes too late, every update is given up. */
export const checkFlushBeforeTimeout: Check = (profile, report) => {
  const t = profile.tracking;
  if (t === undefined || t.flushInterval < t.ackTimeout) return;
  if (profile.primary?.durability === 'fua' && profile.secondary?.durability === 'fua') return;
  const rule = `must be shorter than tracking.ackTimeout, ${formatDuration(t.ackTimeout)}: updates wait for the flush`;
  report({
    kind: 'error',
    path: ['tracking', 'flushInterval'],
    rule,
    next: 'flush sooner, or wait longer for acknowledgements',
  });
};
