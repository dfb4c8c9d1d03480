/**
 * An engine that acknowledges on completion, or a disk that acknowledges flushes without performing them, ends in FAIL
 * with lost indicators; the same rig without the fault passes. PLUGPULL_LONG=1 runs 50 cycles each.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { tinyRigText, type TinyWishes } from './tinyRig.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
afterAll(() => state.clean());

const LONG = process.env.PLUGPULL_LONG !== undefined;
const LONG_MS = 600_000;
const during = (...rails: string[]): string => `{ rails: [${rails.join(', ')}], during: load, after: [60ms, 200ms] }`;
const cuts = [during('P', 'S', 'J'), during('P'), during('S'), during('P', 'J')];
const lie = 'faults: [{ class: lying-flush }]';

interface Case {
  what: string;
  name: string;
  wishes: Omit<TinyWishes, 'cycles'>;
  /** Without PLUGPULL_LONG. So many cycles that one without a lost indicator in any of them is very unlikely. */
  cycles: number;
  /** The area whose device is at fault. The report must blame it, and no other. */
  accused?: 'primary' | 'secondary';
}

const caught: Case[] = [
  {
    what: 'completion acknowledged as durability',
    name: 'completed',
    wishes: { cuts, tracking: 'acknowledge: completed, linger: 0s, hotRegions: 0' },
    cycles: 8,
  },
  // A small cache writes its oldest entries to the medium: a journal that loses only the newest writes looks intact.
  {
    what: 'flushes of the journal acknowledged and not performed, its cache dropped',
    name: 'lie-j-drop',
    wishes: { cuts: [during('P', 'S', 'J'), during('P', 'J')], disks: { j: `killModel: drop, cache: 64KiB, ${lie}` } },
    cycles: 10,
  },
  {
    what: 'flushes of the primary acknowledged and not performed',
    name: 'lie-p',
    wishes: { cuts: [during('P')], disks: { p: `killModel: drop, ${lie}` } },
    cycles: 3,
    accused: 'primary',
  },
  {
    what: 'flushes of the secondary acknowledged and not performed',
    name: 'lie-s',
    wishes: { cuts: [during('S')], disks: { s: `killModel: drop, ${lie}` } },
    cycles: 3,
    accused: 'secondary',
  },
];
const caughtInManyCycles: Case[] = [
  {
    what: 'flushes of the journal acknowledged and not performed, its cache lost in part',
    name: 'lie-j-mixed',
    wishes: { cuts, disks: { j: `killModel: mixed, ${lie}` } },
    cycles: 50,
  },
];

interface Summary {
  run: { verdict: string; counts: Record<string, number>; troubles: string[] };
  cycles: { verdict: string; reasons: { code: string; text: string }[] }[];
}

async function campaign({ name, wishes, cycles }: Case): Promise<{ code: number | null; summary: Summary }> {
  const file = join(state.dir, `${name}.yaml`);
  writeFileSync(file, tinyRigText(name, { ...wishes, cycles: LONG ? 50 : cycles }));
  const result = await cli(['run', file, '--out', join(state.dir, `out-${name}`), '--json'], {
    env,
    hangMs: LONG ? LONG_MS : undefined,
  });
  expect(result.stdout, result.stderr).not.toBe('');
  return { code: result.code, summary: JSON.parse(result.stdout) as Summary };
}

describe('a campaign ends FAIL with lost indicators', () => {
  it.concurrent.each(LONG ? [...caught, ...caughtInManyCycles] : caught)(
    '$what',
    async (one) => {
      const { code, summary } = await campaign(one);
      expect(code).toBe(1);
      expect(summary.run).toMatchObject({ verdict: 'FAIL', troubles: [], counts: { INVALID: 0 } });
      const lost = summary.cycles.filter((c) => c.reasons.some((r) => r.code === 'LOST_INDICATOR'));
      expect(lost.length).toBeGreaterThan(0);
      expect(lost.every((c) => c.verdict === 'FAIL')).toBe(true);
      const blamed = summary.cycles.flatMap((c) =>
        c.reasons.filter((r) => r.code === 'DEVICE_FAULT').map((r) => r.text.split(':')[0]),
      );
      expect([...new Set(blamed)]).toEqual(one.accused === undefined ? [] : [one.accused]);
    },
    LONG ? LONG_MS : undefined,
  );
});

describe('a campaign passes', () => {
  it('on the same rig, with the unchanged engine and disks that perform every flush', async () => {
    const { code, summary } = await campaign({
      what: '',
      name: 'faultless',
      wishes: { cuts, tracking: 'linger: 0s, hotRegions: 0', disks: { j: 'killModel: drop, cache: 64KiB' } },
      cycles: 8,
    });
    expect(summary.cycles.flatMap((c) => c.reasons)).toEqual([]);
    expect(code).toBe(0);
  });
});
