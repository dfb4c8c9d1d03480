/**
 * A rig whose disks look like real ones to the bench: virtual disks with serial numbers and names below
 * /dev/disk/by-id, powered by the lab's board. They need enrolment, as real disks do.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labStatus, labUp } from '../../src/lab/lab.js';
import { parseRig } from '../../src/rig/load.js';
import { HANG_DEADLINES, VIRTUAL_LCUS } from '../campaign/labRig.js';
import { inDisguise, type Disguise } from '../blockdev/disguise.js';
import { cli, type CliOptions, type CliResult } from './cli.js';

export interface RealRig {
  file: string;
  enrolled: string;
  disks: Record<'p' | 's' | 'j', Disguise & { serial: string }>;
  run: (args: readonly string[], options?: CliOptions) => Promise<CliResult>;
}

export interface RealWishes {
  cycles?: number;
  cuts?: readonly string[];
  /** Sector size of S; P and J have 512-byte sectors. */
  sectorSize?: 512 | 4096;
  journalSize?: string;
  /** `faults` of S, as a profile writes them. */
  faultsOfS?: string;
}

export function realRigText(name: string, w: RealWishes = {}): string {
  const area = (disk: string): string =>
    `{ device: /dev/disk/by-id/test-${name}-${disk}, serial: ${serialOf(name, disk)} }`;
  const disk = (size: string, channel: number, sector: number, faults = ''): string =>
    `{ size: ${size}, sectorSize: ${sector}, fedBy: "relay0:${channel}", killModel: mixed, tearProbability: 10%, faults: [${faults}] }`;
  return `schemaVersion: 1
name: ${name}
regionSize: 16KiB
primary: ${area('p')}
secondary: ${area('s')}
journal: ${area('j').replace(' }', ', logSize: 128KiB }')}
tracking: { linger: 10ms, hotRegions: 16 }
workload: { queueDepth: 16, transaction: { writes: [1, 4] }, writeSize: [4KiB, 16KiB], addresses: { pattern: uniform } }
boards:
  relay0: { type: lcus, options: ${VIRTUAL_LCUS}, tty: "lab:relay0", channels: 4 }
rails:
  P: { board: relay0, channels: [1], powers: [primary], settle: 5ms }
  S: { board: relay0, channels: [2], powers: [secondary], settle: 5ms }
  J: { board: relay0, channels: [3], powers: [journal], settle: 5ms }
campaign:
  cycles: ${w.cycles ?? 1}
  dark: 30ms
  cuts:
${(w.cuts ?? ['{ rails: [P], during: load, after: 60ms }']).map((cut) => `    - ${cut}`).join('\n')}
  deadlines: ${HANG_DEADLINES}
lab:
  disks:
    p: ${disk('4MiB', 1, 512)}
    s: ${disk('4MiB', 2, w.sectorSize ?? 4096, w.faultsOfS)}
    j: ${disk(w.journalSize ?? '1MiB', 3, 512)}
  boards:
    relay0: { contactDelay: 5ms }
`;
}

function serialOf(name: string, disk: string): string {
  return `Z1Z0-${name}-${disk}`.toUpperCase();
}

/** Starts the lab, with its state in `dir`, and returns the rig. */
export async function realRig(dir: string, name: string, wishes: RealWishes = {}): Promise<RealRig> {
  const file = join(dir, `${name}.yaml`);
  const text = realRigText(name, wishes);
  writeFileSync(file, text);
  await labUp(name, parseRig(text, file).lab!);
  const state = (await labStatus(name))!;
  const disguise = (disk: string): Disguise & { serial: string } => ({
    node: state.disks[disk].loop!,
    name: `test-${name}-${disk}`,
    serial: serialOf(name, disk),
  });
  const disks = { p: disguise('p'), s: disguise('s'), j: disguise('j') };
  const env = { PLUGPULL_STATE_DIR: dir };
  return {
    file,
    enrolled: join(dir, `${name}.enrolled.json`),
    disks,
    run: (args, options = {}) =>
      cli(args, { inside: inDisguise(Object.values(disks)), ...options, env: { ...env, ...options.env } }),
  };
}
