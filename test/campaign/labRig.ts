/** Small rigs on virtual disks. Each rig has its own lab, and each test file its own state directory. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labDown } from '../../src/lab/lab.js';
import { parseRig } from '../../src/rig/load.js';
import type { ResolvedRig } from '../../src/rig/resolved.js';

export interface RigWishes {
  cuts: string[];
  cycles?: number;
  vanish?: boolean;
  /** Board of the profile; its virtual peer speaks the same protocol. */
  board?: 'lcus' | 'modbus-rtu';
  boardOptions?: string;
  deadlines?: string;
  diskOptions?: string;
  /** The `settle` field of each rail. */
  settle?: string;
  /** Fields of `tracking`, as text of the profile. */
  tracking?: string;
  /** What a cut does to the cache of each disk; by default each write is kept or lost at random. */
  kill?: Partial<Record<'p' | 's' | 'j', 'keep' | 'drop'>>;
}

/** Deadlines of a campaign that only a hang exceeds, even on a busy host. */
export const HANG_DEADLINES = '{ cut: 15s, return: 20s, recover: 60s, judge: 60s, resync: 60s }';

/**
 * Options of a virtual LCUS board: only a hang exceeds the time to answer, and the gap that real boards need between
 * two commands is cut short.
 */
export const VIRTUAL_LCUS = '{ replyTimeoutMs: 5000, gapMs: 1 }';

/** Text of a profile with areas of 8 MiB and three rails. */
export function rigText(name: string, w: RigWishes): string {
  const disk = (name: 'p' | 's' | 'j', size: string, channel: number): string => {
    const kill = w.kill?.[name] === undefined ? '' : `, killModel: ${w.kill[name]}`;
    return `{ size: ${size}, fedBy: "relay0:${channel}", vanish: ${w.vanish ?? false}${kill}${w.diskOptions === undefined ? '' : `, ${w.diskOptions}`} }`;
  };
  return `schemaVersion: 1
name: ${name}
mode: sync
regionSize: 16KiB
primary: { device: "lab:p" }
secondary: { device: "lab:s" }
journal: { device: "lab:j", logSize: 256KiB }
tracking: { ${w.tracking ?? ''} }
workload: { queueDepth: 8, transaction: { writes: [1, 4] }, writeSize: [4KiB, 32KiB] }
boards:
  relay0: { type: ${w.board ?? 'lcus'}, options: ${w.board === undefined ? VIRTUAL_LCUS : '{}'}, tty: "lab:relay0", channels: 4 }
rails:
  P: { board: relay0, channels: [1], powers: [primary], settle: ${w.settle ?? '20ms'} }
  S: { board: relay0, channels: [2], powers: [secondary], settle: ${w.settle ?? '20ms'} }
  J: { board: relay0, channels: [3], powers: [journal], settle: ${w.settle ?? '20ms'} }
campaign:
  cycles: ${w.cycles ?? 1}
  seed: 11
  dark: 100ms
  cuts:
${w.cuts.map((cut) => `    - ${cut}`).join('\n')}
  deadlines: ${w.deadlines ?? HANG_DEADLINES}
lab:
  seed: 3
  disks:
    p: ${disk('p', '8MiB', 1)}
    s: ${disk('s', '8MiB', 2)}
    j: ${disk('j', '2MiB', 3)}
  boards:
    relay0: { contactDelay: 10ms${w.boardOptions === undefined ? '' : `, options: ${w.boardOptions}`} }
`;
}

export function labRig(name: string, wishes: RigWishes): ResolvedRig {
  return parseRig(rigText(name, wishes), `${name}.yaml`);
}

/**
 * Limit of rigs that run side by side in one test file. Rigs mostly wait, so two cores are enough for three of them.
 */
const RIGS_AT_ONCE = 3;
let running = 0;
const waiting: (() => void)[] = [];

/** Runs the action when fewer than RIGS_AT_ONCE other actions of this file run. For cases in `describe.concurrent`. */
export async function inTurn<T>(action: () => Promise<T>): Promise<T> {
  if (running >= RIGS_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await action();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

/** Makes a state directory for one test file. `clean` ends the named labs and every other lab in it, and removes it. */
export function ownStateDir(): { dir: string; clean: (...labs: string[]) => Promise<void> } {
  const dir = mkdtempSync(join(tmpdir(), 'plugpull-state-'));
  process.env.PLUGPULL_STATE_DIR = dir;
  return {
    dir,
    async clean(...labs) {
      // A test that kills its bench leaves the lab of that bench running.
      const left = readdirSync(dir)
        .filter((name) => name.startsWith('lab-'))
        .map((name) => name.slice('lab-'.length));
      for (const lab of new Set([...labs, ...left])) await labDown(lab);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
