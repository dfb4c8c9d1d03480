/**
 * The gate starts wipefs once for all devices: each start costs as much as the search. Only the device at fault is
 * refused, also if wipefs gives up at it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkGate } from '../../src/gate/gate.js';
import type { GateReport } from '../../src/gate/gateReport.js';
import { AREA_NAMES } from '../../src/base/areas.js';
import { command, useLoops, type TestLoop } from '../blockdev/loop.js';

const loops = useLoops();
let dir: string;
let pathBefore: string | undefined;

/** A wipefs that records the devices that it searches, and runs `refuse` (it has $searched) before the real one. */
function wrapWipefs(refuse = ''): void {
  const script = `#!/bin/sh
searched=$(for name; do case $name in /*) readlink "$name";; esac; done | tr '\\n' ' ')
echo "$searched" >> ${dir}/searched
${refuse}
PATH=$REAL_PATH exec wipefs "$@"
`;
  writeFileSync(join(dir, 'wipefs'), script, { mode: 0o755 });
}

const searched = (): string[][] =>
  readFileSync(join(dir, 'searched'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(' '));

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'plugpull-wipefs-'));
  pathBefore = process.env.PATH;
  process.env.REAL_PATH = `${pathBefore}:/usr/sbin:/sbin`;
  process.env.PATH = `${dir}:${pathBefore}`;
});
afterEach(() => {
  process.env.PATH = pathBefore;
  delete process.env.REAL_PATH;
  rmSync(dir, { recursive: true });
});

function gate(devices: readonly TestLoop[]): Promise<GateReport> {
  return checkGate(devices.map(({ path, file }, i) => ({ role: AREA_NAMES[i]!, path, backingFile: file, lab: true })));
}

const three = (): TestLoop[] => AREA_NAMES.map(() => loops.loop({ sizeBytes: 2 ** 20 }));

describe('the search for signatures', () => {
  it('starts one program for three devices', async () => {
    wrapWipefs();
    const devices = three();
    expect((await gate(devices)).findings).toEqual([]);
    expect(searched()).toEqual([devices.map((device) => device.path)]);
  });

  it('finds the signature of each device, and blames no other', async () => {
    wrapWipefs();
    const devices = three();
    command('mkswap', devices[0]!.path);
    command('mkfs.ext4', '-q', '-L', 'precious', devices[2]!.path);
    const { findings } = await gate(devices);
    expect(findings.map(({ code, role }) => [code, role])).toEqual([
      ['GATE_SIGNATURE', AREA_NAMES[0]],
      ['GATE_SIGNATURE', AREA_NAMES[2]],
    ]);
    expect(findings[0]!.found).toContain('swap at 0xff6');
    expect(findings[1]!.found).toContain('ext4 at 0x438 (precious)');
    expect(searched()).toHaveLength(1);
  });

  it('refuses only the device at which wipefs fails, and still finds the signatures of the others', async () => {
    const devices = three();
    wrapWipefs(`case $searched in *${devices[1]!.path}*) echo broken >&2; exit 1;; esac`);
    command('mkswap', devices[2]!.path);
    const { findings } = await gate(devices);
    expect(findings.map(({ code, role }) => [code, role])).toEqual([
      ['GATE_PROBE_FAILED', AREA_NAMES[1]],
      ['GATE_SIGNATURE', AREA_NAMES[2]],
    ]);
  });

  it('refuses every device if wipefs reports one that it was not asked for', async () => {
    wrapWipefs(`echo '{"signatures":[{"device":"sdz","offset":"0x0","type":"dos","uuid":null,"label":null}]}'; exit 0`);
    const { findings } = await gate(three());
    expect(findings.map(({ code }) => code)).toEqual(AREA_NAMES.map(() => 'GATE_PROBE_FAILED'));
  });
});
