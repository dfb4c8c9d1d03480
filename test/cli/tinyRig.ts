/**
 * A virtual rig of a few MiB with short times: its campaigns end within seconds. `TinyWishes` are what a test varies.
 */
import { HANG_DEADLINES, VIRTUAL_LCUS } from '../campaign/labRig.js';

export interface TinyWishes {
  cuts: readonly string[];
  cycles: number;
  seed?: number;
  mode?: 'sync' | 'async';
  regionSize?: string;
  areaSize?: string;
  /** Of the secondary; default: as the primary. */
  secondarySize?: string;
  logSize?: string;
  journalSize?: string;
  sectorSize?: 512 | 4096;
  /** Fields of `tracking`. */
  tracking?: string;
  /** Fields of `workload`. */
  workload?: string;
  prepare?: 'stamp' | 'compare' | 'touched';
  /** Further fields of `campaign`: judge, verify, scrub. */
  passes?: string;
  dark?: string;
  /** Fields of a lab disk. */
  disks?: { p?: string; s?: string; j?: string };
}

/** A short linger: evidence that stays in the log makes more regions dirty than the test wants to see. */
const TRACKING = 'linger: 10ms, hotRegions: 16';
const WORKLOAD = 'queueDepth: 16, transaction: { writes: [1, 4] }, writeSize: [4KiB, 16KiB]';
const DISK = 'killModel: mixed, tearProbability: 10%';

export function tinyRigText(name: string, w: TinyWishes): string {
  const area = w.areaSize ?? '4MiB';
  const disk = (size: string, channel: number, more: string | undefined): string =>
    `{ size: ${size}, sectorSize: ${w.sectorSize ?? 512}, fedBy: "relay0:${channel}", ${more ?? DISK} }`;
  return `schemaVersion: 1
name: ${name}
mode: ${w.mode ?? 'sync'}
regionSize: ${w.regionSize ?? '16KiB'}
primary: { device: "lab:p" }
secondary: { device: "lab:s" }
journal: { device: "lab:j", logSize: ${w.logSize ?? '128KiB'} }
tracking: { ${w.tracking ?? TRACKING} }
workload: { ${w.workload ?? WORKLOAD} }
boards:
  relay0: { type: lcus, options: ${VIRTUAL_LCUS}, tty: "lab:relay0", channels: 4 }
rails:
  P: { board: relay0, channels: [1], powers: [primary], settle: 5ms }
  S: { board: relay0, channels: [2], powers: [secondary], settle: 5ms }
  J: { board: relay0, channels: [3], powers: [journal], settle: 5ms }
campaign:
  cycles: ${w.cycles}
  seed: ${w.seed ?? 1}
  dark: ${w.dark ?? '30ms'}
  prepare: ${w.prepare ?? 'stamp'}
${w.passes ?? ''}
  cuts:
${w.cuts.map((cut) => `    - ${cut}`).join('\n')}
  deadlines: ${HANG_DEADLINES}
lab:
  seed: ${w.seed ?? 1}
  disks:
    p: ${disk(area, 1, w.disks?.p)}
    s: ${disk(w.secondarySize ?? area, 2, w.disks?.s)}
    j: ${disk(w.journalSize ?? '1MiB', 3, w.disks?.j)}
  boards:
    relay0: { contactDelay: 5ms }
`;
}
