/**
 * The fault catalogue, from the profile to the report: campaigns on disks with faults, a different one on P, S and the
 * journal. Each fault is named with its area, and no other device is blamed; behavior that the standards allow passes.
 * Flushes that are not performed are in brokenEngineOrFlushFailsTheCampaign, devices that return late, elsewhere or not
 * at all in disksMayReturnRenamedLateOrNever, allowed behavior also in faultlessDisksPassUnderAnyProfile.
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

/** One relay after another: the load goes on while P has power, so each cut finds writes in flight. */
const ALL = ['{ rails: [S, P, J], during: load, after: 400ms }'];
/** Early in the load, and often enough that not all of it is overwritten. */
const FLUSHED = 'afterWrites: 20, every: 3, count: 30';
/**
 * The first writes to the journal format it. The log is a ring: only its latest writes count, so all of them are
 * struck.
 */
const LOGGED = 'afterWrites: 20, every: 2, count: 1000000';
/** At any time many writes are not flushed yet. */
const UNFLUSHED = {
  tracking: 'flushEvery: 4096, flushInterval: 50ms, ackTimeout: 10s, linger: 10ms, hotRegions: 16',
  workload: 'queueDepth: 64, writeSize: [4KiB, 16KiB]',
};

interface Summary {
  run: { verdict: string; troubles: string[] };
  cycles: { reasons: { code: string; rule: string; text: string }[] }[];
}

/** `AREA.CLASS` of every fault that the campaign names. */
function named({ cycles }: Summary): string[] {
  const said = cycles
    .flatMap((c) => c.reasons)
    .flatMap((r) => {
      if (r.code === 'METADATA_ROT') return ['journal.indicator-rot'];
      return r.code === 'DEVICE_FAULT' ? [`${r.text.split(/[ :]/)[0]}.${r.rule}`] : [];
    });
  return [...new Set(said)].sort();
}

async function campaign(name: string, wishes: Partial<TinyWishes>): Promise<{ code: number | null; summary: Summary }> {
  const file = join(state.dir, `${name}.yaml`);
  writeFileSync(file, tinyRigText(name, { cuts: ALL, cycles: 1, ...wishes }));
  const result = await cli(['run', file, '--out', join(state.dir, `out-${name}`), '--json'], { env });
  expect(result.stdout, result.stderr).not.toBe('');
  return { code: result.code, summary: JSON.parse(result.stdout) as Summary };
}

interface Case extends Partial<TinyWishes> {
  name: string;
  faults: { p?: string; s?: string; j?: string };
  named: string[];
  /** May be named too, as another effect of the same fault. */
  with?: string[];
}

const cases: Case[] = [
  {
    name: 'lost-corrupt',
    faults: {
      p: `class: lost-write, ${FLUSHED}`,
      s: `class: bit-corruption, ${FLUSHED}`,
      j: `class: bit-corruption, ${LOGGED}`,
    },
    named: ['primary.lost-write', 'secondary.bit-corruption', 'journal.indicator-rot'],
    with: ['primary.lying-flush', 'primary.torn-durable'],
  },
  {
    name: 'torn-misdirected',
    mode: 'async',
    faults: {
      p: `class: torn-durable, ${FLUSHED}`,
      s: `class: misdirected-write, ${FLUSHED}`,
      j: `class: misdirected-write, ${LOGGED}`,
    },
    named: ['primary.torn-durable', 'secondary.misdirected-write'],
    // The journal's misdirected writes may hit only blocks that nothing reads: then the journal is not named.
    with: [
      'journal.indicator-rot',
      'primary.lost-write',
      'secondary.lost-write',
      'secondary.lying-flush',
      'secondary.torn-durable',
    ],
  },
  {
    name: 'garbage-shorn',
    ...UNFLUSHED,
    faults: {
      p: 'class: garbage, count: 8',
      s: 'class: shorn, count: 8',
      j: 'class: stuck-bits, offset: 16KiB, length: 64KiB',
    },
    named: ['primary.garbage', 'secondary.shorn', 'journal.indicator-rot'],
    with: ['secondary.bit-corruption'],
  },
  {
    name: 'stuck-gone',
    mode: 'async',
    cycles: 2,
    faults: {
      p: 'class: stuck-bits, afterCuts: 1, offset: 0, length: 2MiB',
      s: 'class: region-loss, offset: 64KiB, length: 256KiB',
      j: 'class: region-loss, offset: 0, length: 64KiB',
    },
    named: ['primary.stuck-bits', 'secondary.region-loss', 'journal.indicator-rot'],
    with: ['primary.bit-corruption', 'primary.garbage'],
  },
  {
    name: 'astray-unreadable',
    mode: 'async',
    faults: {
      p: 'class: misdirected-read, afterCuts: 1, afterReads: 3, every: 3, count: 20',
      s: 'class: latent-error, afterCuts: 1, offset: 512KiB, length: 16KiB',
      j: 'class: latent-error, afterCuts: 1, offset: 16KiB, length: 4KiB',
    },
    named: ['primary.misdirected-read', 'secondary.latent-error', 'journal.indicator-rot'],
    with: ['primary.misdirected-write'],
  },
  {
    name: 'stale-collateral',
    ...UNFLUSHED,
    cycles: 2,
    faults: {
      p: 'class: collateral, count: 8',
      s: 'class: stale-read, afterWrites: 30, every: 3, count: 50',
      j: `class: lost-write, ${LOGGED}`,
    },
    named: ['primary.collateral', 'secondary.stale-read', 'journal.indicator-rot'],
    with: ['primary.garbage'],
  },
  { name: 'error-once', faults: { s: 'class: error-once, afterFlushes: 6' }, named: ['secondary.io-error'] },
  {
    name: 'slow',
    areaSize: '1MiB',
    tracking: 'ackTimeout: 300ms',
    cuts: ['{ rails: [S, P, J], during: load, after: 1500ms }'],
    faults: { s: 'class: slow, delayMs: 700, probability: 0.05' },
    named: ['secondary.slow'],
    // On a busy host the other disks may be slow too.
    with: ['primary.slow', 'journal.slow'],
  },
];

/** A fault strikes a drawn sector, which may be overwritten before it is read: then the next seed is tried. */
const SEEDS = [1, 2, 3, 4];

describe('a campaign on faulty disks ends FAIL and names each fault with its area, and no other', () => {
  it.concurrent.each(cases)('$name', async ({ name, faults, named: expected, with: also = [], ...wishes }) => {
    const disk = (fault: string | undefined): string | undefined => fault && `killModel: keep, faults: [{ ${fault} }]`;
    const missing = new Set(expected);
    for (const seed of SEEDS) {
      if (missing.size === 0) break;
      const { code, summary } = await campaign(`${name}-${seed}`, {
        ...wishes,
        seed,
        disks: { p: disk(faults.p), s: disk(faults.s), j: disk(faults.j) },
      });
      const found = named(summary);
      expect(
        found.filter((f) => !also.includes(f) && !expected.includes(f)),
        `seed ${seed}: ${found.join()}`,
      ).toEqual([]);
      if (found.length > 0) expect({ code, verdict: summary.run.verdict }).toEqual({ code: 1, verdict: 'FAIL' });
      for (const f of found) missing.delete(f);
    }
    expect([...missing]).toEqual([]);
  });
});

it('a campaign passes when the power bounces before it stays off', async () => {
  const bounce = 'faults: [{ class: bounce, pulses: 2, gapMs: 10 }]';
  const { code, summary } = await campaign('bounce', { dark: '1s', disks: { p: bounce, s: bounce, j: bounce } });
  expect({ code, reasons: summary.cycles.flatMap((c) => c.reasons) }).toEqual({ code: 0, reasons: [] });
});
