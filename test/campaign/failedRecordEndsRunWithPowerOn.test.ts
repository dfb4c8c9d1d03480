/**
 * Promise: an observer that throws, such as a record on a full disk, ends the campaign in order. Wherever it throws,
 * the campaign restores the power, unlocks the rig and reports the problem once.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { runCampaign } from '../../src/campaign/campaign.js';
import type { CampaignResult } from '../../src/campaign/campaignTypes.js';
import { systemClock } from '../../src/base/systemClock.js';
import { CampaignError } from '../../src/campaign/errors.js';
import { type Host, type RailFound, realHost } from '../../src/campaign/session/host.js';
import type { CampaignObserver } from '../../src/campaign/observer.js';
import { lockRig, rigHolder } from '../../src/campaign/session/rigLock.js';
import { canRunLab } from './boardRig.js';
import { idleEngine } from './idleEngine.js';
import { inTurn, labRig, ownStateDir } from './labRig.js';

const state = ownStateDir();
afterAll(() => state.clean());

const full = new CampaignError('RUN_DIR_FULL', 'no space left for events.jsonl');

/** Throws at the first event that `when` accepts and at every later one, as a full disk does. */
function failing(when: (event: string, argument: unknown) => boolean): CampaignObserver {
  let hasFailed = false;
  const on =
    (event: string) =>
    (argument: unknown): void => {
      hasFailed ||= when(event, argument);
      if (hasFailed) throw full;
    };
  const events = [
    'stepBegan',
    'stepEnded',
    'opened',
    'cycleBegan',
    'phase',
    'rail',
    'cycleEnded',
    'historyPruned',
    'note',
  ] as const;
  return Object.fromEntries(events.map((event) => [event, on(event)]));
}

interface Ended {
  result: CampaignResult;
  /** As the boards read them, just before they are closed. */
  railsAtEnd: Record<string, RailFound>;
}

async function run(name: string, observer: CampaignObserver): Promise<Ended> {
  const rig = labRig(name, { cuts: ['{ rails: [P], during: load, after: 50ms }'], cycles: 2 });
  let railsAtEnd: Ended['railsAtEnd'] = {};
  const openPower: Host['openPower'] = async (spec) => {
    const power = await realHost.openPower(spec);
    return {
      ...power,
      close: async () => {
        railsAtEnd = Object.fromEntries(await power.readRails());
        await power.close();
      },
    };
  };
  const result = await inTurn(() =>
    runCampaign(
      { rig, ffi: 'koffi', keepLab: false, runId: 1, historyDir: '/nonexistent', lock: lockRig(rig.name, 'test') },
      {
        host: { ...realHost, openPower, createReplicationEngine: async (events) => idleEngine(events) },
        clock: systemClock,
        interrupts: { requested: false, onFirst: () => undefined, release: () => undefined },
        observers: [observer],
      },
    ),
  );
  return { result, railsAtEnd };
}

describe.skipIf(!canRunLab).concurrent('a failing record ends the campaign in order', () => {
  const moments: [string, (event: string, argument: unknown) => boolean, number][] = [
    ['when it fails as the lab starts', () => true, 0],
    ['when it fails as a rail switches off', (event, rail) => event === 'rail' && rail === 'P', 1],
    ['when it fails as the campaign ends', (event, step) => event === 'stepBegan' && step === 'end', 2],
  ];
  it.each(moments)('%s', async (moment, when, cyclesMax) => {
    const name = `record-${moments.findIndex(([m]) => m === moment)}`;
    const { result, railsAtEnd } = await run(name, failing(when));
    expect(result.problem).toMatchObject({ kind: 'internal', code: 'RUN_DIR_FULL' });
    expect(result.troubles).toEqual([]);
    expect(result.cycles.length).toBeLessThanOrEqual(cyclesMax);
    expect(railsAtEnd).toEqual({ P: 'on', S: 'on', J: 'on' });
    expect(rigHolder(name, state.dir)).toBeNull();
  });
});
