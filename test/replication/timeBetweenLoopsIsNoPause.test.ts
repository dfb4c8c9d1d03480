/** The thread of the replication engine waits for commands between two loops. This wait is no pause of the host. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { HostPause } from '../../src/base/attendedTime.js';
import { systemClock } from '../../src/base/systemClock.js';
import { isBuilt, loadSome, useMirrors, WORKLOAD } from './mirror.js';

/** Much longer than the shortest pause that is reported. */
const WAIT_MS = 500;
const mirrors = useMirrors();

it.runIf(isBuilt)('a loss of power that is announced after a wait reports no pause', async () => {
  const pauses: HostPause[] = [];
  const engine = await mirrors.engine(undefined, (pause) => pauses.push(pause));
  await engine.open(mirrors.spec(mirrors.devices()));
  await engine.format('clean');
  await engine.prepare();
  await engine.recover();
  await loadSome(engine, WORKLOAD, 1, 50);
  const loadedAtMs = systemClock.nowMs();
  await delay(WAIT_MS);
  await engine.powerLost(['primary', 'secondary', 'journal']);
  // A busy host may really pause the engine, but not from before the wait until after it.
  expect(pauses.filter(({ atMs, ms }) => atMs < loadedAtMs && atMs + ms >= loadedAtMs + WAIT_MS)).toEqual([]);
});
