/**
 * Disks without faults are never reported as faulty, and lose nothing, whatever the profile: profiles drawn over sizes,
 * modes, durability, queue depths and logs. PLUGPULL_LONG=1 draws more; PLUGPULL_SEED=N begins with another seed.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { randomProfileText } from './randomProfile.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
afterAll(() => state.clean());

const FIRST = Number(process.env.PLUGPULL_SEED ?? 1);
const SEEDS = Array.from({ length: process.env.PLUGPULL_LONG ? 40 : 4 }, (_, i) => FIRST + i);

interface Summary {
  run: { verdict: string; troubles: string[] };
  cycles: { index: number; rails: string[]; during: string; reasons: { code: string; rule: string; text: string }[] }[];
}

describe('a campaign on disks without faults passes', () => {
  it.concurrent.each(SEEDS)('profile drawn from seed %i', async (seed) => {
    const file = join(state.dir, `faultless-${seed}.yaml`);
    const out = join(state.dir, `out-${seed}`);
    const text = randomProfileText(seed, `faultless-${seed}`, 3);
    writeFileSync(file, text);
    const result = await cli(['run', file, '--out', out, '--json'], { env });
    const said = result.stdout === '' ? null : (JSON.parse(result.stdout) as Summary);
    const reasons = said?.cycles.flatMap((c) =>
      c.reasons.map(
        (r) => `cycle ${c.index} (${c.rails.join('+')} during ${c.during}): ${r.code} ${r.rule}: ${r.text}`,
      ),
    );
    expect({ code: result.code, reasons, troubles: said?.run.troubles, stderr: result.stderr }, text).toMatchObject({
      code: 0,
      reasons: [],
      troubles: [],
    });
    rmSync(out, { recursive: true, force: true });
  });
});
