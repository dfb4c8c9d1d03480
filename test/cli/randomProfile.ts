/**
 * A profile drawn by seed from all valid profiles, with virtual disks that have no fault: whatever its sizes, modes and
 * queue depths, its campaign must pass. The same seed gives the same profile.
 */
import { mixSeed } from '../../src/campaign/cycle/cycleSettings.js';
import { VIRTUAL_LCUS } from '../campaign/labRig.js';
import { LOG_BYTES_MIN, requiredJournalBytes } from '../../src/tracker/journal/layout.js';

const KiB = 1024;
const MiB = 2 ** 20;

class Draw {
  private readonly seed: number;
  private n = 0;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** An integer, both ends included. */
  from(min: number, max: number): number {
    return min + (mixSeed(this.seed, this.n++) % (max - min + 1));
  }

  /** Low powers of two as likely as high ones; both ends included. */
  scaled(min: number, max: number): number {
    const bits = this.from(0, Math.ceil(Math.log2(max / Math.max(1, min))));
    return Math.min(max, this.from(min, Math.max(1, min) * 2 ** bits));
  }

  one<T>(...values: readonly T[]): T {
    return values[this.from(0, values.length - 1)];
  }

  chance(probability: number): boolean {
    return this.from(0, 999) < probability * 1000;
  }
}

const ADDRESSES = [
  '{ pattern: uniform }',
  '{ pattern: skewed, skew: 0.2 }',
  '{ pattern: skewed, skew: 0.99 }',
  '{ pattern: skewed, skew: 1.2 }',
];
/** Rails, and the areas each powers: three supplies, the journal on the primary's, or one for all. */
const WIRINGS = [
  { P: ['primary'], S: ['secondary'], J: ['journal'] },
  { P: ['primary', 'journal'], S: ['secondary'] },
  { P: ['primary'], S: ['secondary', 'journal'] },
  { A: ['primary', 'secondary', 'journal'] },
] as const;
type Wiring = Readonly<Record<string, readonly string[]>>;

/** How a disk without power behaves. */
const WITHOUT_POWER = [', vanish: false', ', vanish: false', ', vanish: true', ', silent: fail', ', silent: retry'];

const CHANNEL: Record<string, number> = { primary: 1, secondary: 2, journal: 3 };

function areaBytes(draw: Draw): number {
  return draw.from(MiB / (4 * KiB), (10 * MiB) / (4 * KiB)) * 4 * KiB;
}

function disk(draw: Draw, bytes: number, channel: number): string {
  const kill = draw.one('keep-drop', 'drop', 'keep', 'mixed');
  const cache = draw.one('0', '64KiB', '1MiB', '8MiB');
  return `{ size: ${bytes / KiB}KiB, sectorSize: ${draw.one(512, 4096)}, fedBy: "relay0:${channel}", cache: ${cache}, killModel: ${kill}, keepProbability: ${draw.from(0, 100)}%, tearProbability: ${draw.one(0, 10, 100)}%, holdUp: ${draw.one(0, 5, 30)}ms${draw.one(...WITHOUT_POWER)} }`;
}

function railLines(wiring: Wiring): string {
  return Object.entries(wiring)
    .map(
      ([rail, areas]) =>
        `  ${rail}: { board: relay0, channels: [${areas.map((a) => CHANNEL[a]).join(', ')}], powers: [${areas.join(', ')}], settle: 10ms }`,
    )
    .join('\n');
}

function cut(draw: Draw, wiring: Wiring): string {
  const rails = Object.keys(wiring).filter(() => draw.chance(0.6));
  const during = draw.one('load', 'load', 'load', 'resync', 'recovery');
  const after = during === 'load' ? `[50ms, ${draw.from(100, 500)}ms]` : `[0ms, ${draw.from(1, 30)}ms]`;
  return `    - { rails: [${(rails.length === 0 ? [draw.one(...Object.keys(wiring))] : rails).join(', ')}], during: ${during}, after: ${after} }`;
}

/** @param name of the rig and of its lab. */
export function randomProfileText(seed: number, name: string, cycles: number): string {
  const draw = new Draw(seed);
  const [p, s] = [areaBytes(draw), areaBytes(draw)];
  const usable = Math.min(p, s);
  const regionBytes = 2 ** draw.from(12, Math.floor(Math.log2(usable)));
  const logBytes = Math.floor(draw.scaled(LOG_BYTES_MIN, 2 * MiB) / (8 * KiB)) * 8 * KiB;
  const needed = requiredJournalBytes(logBytes, Math.ceil(usable / regionBytes));
  const journal = Math.max(MiB, needed + draw.one(0, 4 * KiB, MiB));
  const writeMax = Math.min(Math.floor(usable / (4 * KiB)), draw.scaled(1, 256)) * 4;
  const wiring: Wiring = draw.one<Wiring>(...WIRINGS);
  const durability = (): string => draw.one('flush', 'flush', 'fua');
  return `schemaVersion: 1
name: ${name}
mode: ${draw.one('sync', 'async')}
regionSize: ${regionBytes / KiB}KiB
primary: { device: "lab:p", durability: ${durability()} }
secondary: { device: "lab:s", durability: ${durability()} }
journal: { device: "lab:j", durability: ${durability()}, logSize: ${logBytes / KiB}KiB }
tracking:
  linger: ${draw.one('0s', '1ms', '100ms', '5s')}
  hotRegions: ${draw.one(0, 1, 16, 1024)}
  ackTimeout: ${draw.one('5s', '10s')}
  groupCommit: ${draw.one('0s', '2ms', '50ms')}
  flushEvery: ${draw.one(1, 7, 64, 4096)}
  flushInterval: ${draw.one('0.1ms', '2ms', '20ms', '200ms')}
workload:
  queueDepth: ${draw.scaled(1, 512)}
  transaction: { writes: [1, ${draw.scaled(1, 64)}] }
  writeSize: [4KiB, ${writeMax}KiB]
  addresses: ${draw.one(...ADDRESSES)}
  rate: ${draw.one('unlimited', 'unlimited', '500')}
boards:
  relay0: { type: lcus, options: ${VIRTUAL_LCUS}, tty: "lab:relay0", channels: 4 }
rails:
${railLines(wiring)}
campaign:
  cycles: ${cycles}
  seed: ${seed}
  dark: 50ms
  silence: 200ms
  cuts:
${Array.from({ length: cycles }, () => cut(draw, wiring)).join('\n')}
  deadlines: { cut: 10s, return: 20s, recover: 30s, judge: 60s, resync: 60s }
lab:
  seed: ${seed}
  disks:
    p: ${disk(draw, p, 1)}
    s: ${disk(draw, s, 2)}
    j: ${disk(draw, journal, 3)}
  boards:
    relay0: { contactDelay: 5ms }
`;
}
