/**
 * Runs a campaign on virtual disks and a virtual board of any type: tiny areas and three rails. Only the hardware is
 * virtual: board drivers, gate and replication engine are those of the product.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCampaign } from '../../src/campaign/campaign.js';
import type { CampaignResult } from '../../src/campaign/campaignTypes.js';
import { systemClock } from '../../src/base/systemClock.js';
import { createAreaProbe } from '../../src/campaign/session/deviceReads.js';
import { textOf } from '../../src/campaign/errors.js';
import { devicePath } from '../../src/campaign/session/places.js';
import { realHost } from '../../src/campaign/session/host.js';
import type { Interrupts } from '../../src/campaign/session/interrupts.js';
import type { CampaignObserver } from '../../src/campaign/observer.js';
import { lockRig } from '../../src/campaign/session/rigLock.js';
import { labDown, labStatus } from '../../src/lab/lab.js';
import { parseRig } from '../../src/rig/load.js';
import type { AreaName } from '../../src/base/areas.js';
import { HANG_DEADLINES, inTurn } from './labRig.js';

export const canRunLab = process.getuid?.() === 0 && existsSync('/dev/fuse') && existsSync('/dev/loop-control');

/** PLUGPULL_LONG=1 asks for the long run. */
export const CYCLES = process.env.PLUGPULL_LONG ? 20 : 2;

/** A disk that does not answer for so long after the campaign has no power. */
const POWER_WAIT_MS = 5000;
const PROBE_EVERY_MS = 20;

export interface BoardWishes {
  name: string;
  type: string;
  channels: number;
  /** One board for each rail; for boards with one channel. */
  boardPerRail?: boolean;
  boardOptions?: string;
  /** Options of the virtual board. */
  peerOptions?: string;
  peerProtocol?: string;
  boardTypes?: string;
  rail?: string;
  cycles?: number;
  cuts?: string[];
  deadlines?: string;
  /** Further fields of `campaign`; each begins with a line break. */
  moreCampaign?: string;
  /** Further options of each of the three disks, beginning with a comma. */
  disk?: string;
  /** Further disks, as lines of `lab.disks`. */
  moreDisks?: string;
}

const RAILS = [
  ['P', 'primary', 'p'],
  ['S', 'secondary', 's'],
  ['J', 'journal', 'j'],
] as const;

export function boardRigText(w: BoardWishes): string {
  const board = (i: number): string => (w.boardPerRail ? `relay${i}` : 'relay0');
  const channel = (i: number): number => (w.boardPerRail ? 1 : i + 1);
  const boards = w.boardPerRail ? [0, 1, 2].map(board) : ['relay0'];
  const cuts = w.cuts ?? [
    '{ rails: [P, S, J], during: load, after: 150ms }',
    '{ rails: [S], during: load, after: 150ms }',
  ];
  const protocol = w.peerProtocol === undefined ? '' : `protocol: ${w.peerProtocol}, `;
  return `schemaVersion: 1
name: ${w.name}
regionSize: 16KiB
primary: { device: "lab:p" }
secondary: { device: "lab:s" }
journal: { device: "lab:j", logSize: 64KiB }
workload: { queueDepth: 8, transaction: { writes: [1, 4] }, writeSize: [4KiB, 16KiB] }
boards:
${boards.map((b) => `  ${b}: { type: ${w.type}, tty: "lab:${b}", channels: ${w.channels}, options: ${w.boardOptions ?? '{}'} }`).join('\n')}
${w.boardTypes ?? ''}
rails:
${RAILS.map(([rail, area], i) => `  ${rail}: { board: ${board(i)}, channels: [${channel(i)}], powers: [${area}], settle: 20ms${w.rail ?? ''} }`).join('\n')}
campaign:
  cycles: ${w.cycles ?? CYCLES}
  dark: 100ms${w.moreCampaign ?? ''}
  cuts: [${cuts.join(', ')}]
  deadlines: ${w.deadlines ?? HANG_DEADLINES}
lab:
  disks:
${RAILS.map(([, , disk], i) => `    ${disk}: { size: ${disk === 'j' ? '1MiB' : '4MiB'}, fedBy: "${board(i)}:${channel(i)}"${w.disk ?? ''} }`).join('\n')}
${w.moreDisks ?? ''}  boards:
${boards.map((b) => `    ${b}: { ${protocol}contactDelay: 5ms, options: ${w.peerOptions ?? '{}'} }`).join('\n')}
`;
}

export interface Ended {
  /** null when the campaign did not begin. */
  result: CampaignResult | null;
  /** Code and text of the error that kept the campaign from beginning. */
  refused: { code: string; text: string } | null;
  verdicts: string[];
  /** The areas that have power after the end of the campaign; read before the lab ends. */
  powered: AreaName[];
}

const UNINTERRUPTED: Interrupts = { requested: false, onFirst: () => undefined, release: () => undefined };

/** Runs the campaign, reads afterwards which disks have power, and ends the lab. */
export function runBoardRig(
  text: string,
  observers: CampaignObserver[] = [],
  interrupts: Interrupts = UNINTERRUPTED,
): Promise<Ended> {
  return inTurn(() => runToEnd(text, observers, interrupts));
}

async function runToEnd(text: string, observers: CampaignObserver[], interrupts: Interrupts): Promise<Ended> {
  const rig = parseRig(text, 'board.yaml');
  const ended: Ended = { result: null, refused: null, verdicts: [], powered: [] };
  try {
    await realHost.labUp(rig.name, rig.lab!);
    // The test file removes it together with its state directory.
    const historyDir = join(process.env.PLUGPULL_STATE_DIR!, `history-${rig.name}`);
    ended.result = await runCampaign(
      { rig, ffi: 'koffi', keepLab: true, runId: 1, historyDir, lock: lockRig(rig.name, 'test') },
      { host: realHost, clock: systemClock, interrupts, observers },
    );
    ended.verdicts = ended.result.cycles.map((c) => c.verdict);
  } catch (error) {
    ended.refused = { code: (error as { code?: string }).code ?? 'UNKNOWN', text: textOf(error) };
  }
  const lab = await labStatus(rig.name);
  const probe = createAreaProbe((area) => devicePath(rig[area], rig, lab), systemClock);
  // A virtual contact closes after its delay, and a busy host delays the lab further: probe until every area answers.
  for (
    let waitedMs = 0;
    waitedMs < POWER_WAIT_MS && ended.powered.length < ALL_POWERED.length;
    waitedMs += PROBE_EVERY_MS
  ) {
    await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
    ended.powered = [];
    for (const area of ALL_POWERED) if ((await probe.probe(area)) === null) ended.powered.push(area);
  }
  probe.close();
  await labDown(rig.name);
  return ended;
}

/** Says why a cycle did not pass; the message of a failing test. */
export function why(ended: Ended): string {
  return JSON.stringify(
    {
      refused: ended.refused,
      problem: ended.result?.problem,
      reasons: ended.result?.cycles.map((c) => [c.verdict, c.reasons, c.proofOfCut]),
    },
    null,
    1,
  );
}

export const ALL_POWERED: AreaName[] = ['primary', 'secondary', 'journal'];
