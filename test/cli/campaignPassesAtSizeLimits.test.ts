/**
 * Campaigns at the smallest and largest sizes that a profile may have. PLUGPULL_LONG=1 adds those that need gigabytes:
 * regions of 1 GiB, a log of 1 GiB.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { tinyRigText, type TinyWishes } from './tinyRig.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
afterAll(() => state.clean());

const all = '{ rails: [P, S, J], during: load, after: [60ms, 200ms] }';
const cuts = [all, '{ rails: [S], during: load, after: [60ms, 200ms] }', '{ rails: [S], during: resync, after: 2ms }'];

type Wishes = Partial<TinyWishes>;
const edges: [string, Wishes][] = [
  ['an area that is no multiple of the region', { areaSize: '4100KiB', regionSize: '64KiB' }],
  ['a secondary larger than the primary', { areaSize: '4100KiB', secondarySize: '5MiB', regionSize: '64KiB' }],
  ['a secondary smaller than the primary', { areaSize: '5MiB', secondarySize: '4100KiB', regionSize: '64KiB' }],
  ['sectors of 4096 bytes', { sectorSize: 4096 }],
  ['sectors of 4096 bytes, an odd end', { sectorSize: 4096, areaSize: '4100KiB', regionSize: '64KiB' }],
  ['regions of 4 KiB', { regionSize: '4KiB' }],
  ['one region', { regionSize: '4MiB' }],
  [
    'the smallest log',
    {
      logSize: '64KiB',
      workload: 'queueDepth: 64, transaction: { writes: [1, 64] }, writeSize: [4KiB, 128KiB]',
      regionSize: '4KiB',
    },
  ],
  ['one write at a time', { workload: 'queueDepth: 1, writeSize: 4KiB' }],
  [
    '1024 writes at a time',
    { workload: 'queueDepth: 1024, transaction: { writes: [1, 1024] }, writeSize: [4KiB, 16KiB]' },
  ],
  ['writes as large as the area', { workload: 'queueDepth: 4, writeSize: [4KiB, 4MiB]', regionSize: '4KiB' }],
];
const large: [string, Wishes][] = [
  // New virtual disks are equal; stamping gigabytes would only take time.
  ['regions of 1 GiB', { areaSize: '1028MiB', regionSize: '1GiB', prepare: 'compare' }],
  ['a log of 1 GiB', { logSize: '1GiB', journalSize: '1028MiB' }],
];

describe('a campaign passes with', () => {
  it.concurrent.each(process.env.PLUGPULL_LONG ? [...edges, ...large] : edges)('%s', async (what, wishes) => {
    const name = what
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .slice(0, 32);
    const file = join(state.dir, `${name}.yaml`);
    const out = join(state.dir, `out-${name}`);
    writeFileSync(file, tinyRigText(name, { cuts, cycles: cuts.length, ...wishes }));
    const result = await cli(['run', file, '--out', out, '--json'], { env });
    const said =
      result.stdout === ''
        ? null
        : (JSON.parse(result.stdout) as { cycles: { reasons: unknown[] }[]; run: { troubles: string[] } });
    expect({
      code: result.code,
      reasons: said?.cycles.flatMap((c) => c.reasons),
      troubles: said?.run.troubles,
      stderr: result.stderr,
    }).toMatchObject({ code: 0, reasons: [], troubles: [] });
    rmSync(out, { recursive: true, force: true });
  });
});
