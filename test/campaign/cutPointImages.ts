/**
 * Runs one cycle on virtual disks up to its last cut, and copies the durable image of each disk while the disks are
 * powered off. The images come from the lab's files, not through the bench: they show what a medium holds, without any
 * cache.
 */
import { readFileSync } from 'node:fs';
import { systemClock } from '../../src/base/systemClock.js';
import { CycleRunner } from '../../src/campaign/cycleRunner.js';
import type { CutRecord, CycleState } from '../../src/campaign/cycle/cycleTypes.js';
import { realHost } from '../../src/campaign/session/host.js';
import { lockRig } from '../../src/campaign/session/rigLock.js';
import { drawCycle } from '../../src/campaign/cycle/cycleSettings.js';
import { Session } from '../../src/campaign/session/session.js';
import { IndicatorMap } from '../../src/tracker/core/indicatorMap.js';
import { addPageBlock, openPageBlock } from '../../src/tracker/journal/indicatorArea.js';
import {
  BLOCK_BYTES,
  BLOCKS_PER_UNIT,
  journalLayout,
  pageOffset,
  UNIT_BYTES,
} from '../../src/tracker/journal/layout.js';
import { parseUuid } from '../../src/tracker/journal/format.js';
import { recoverJournal, type JournalRecovery } from '../../src/tracker/journal/recovery.js';
import { labPaths } from '../../src/lab/labDirectory.js';
import { type ResolvedRig, rigUuid } from '../../src/rig/resolved.js';
import { OBSERVED } from '../../src/base/observation.js';
import { parseSector } from '../../src/workload/stamp.js';
import { inTurn, labRig, type RigWishes } from './labRig.js';

export interface Images {
  p: Buffer;
  s: Buffer;
  j: Buffer;
}

export interface CutPointRun {
  rig: ResolvedRig;
  cut: CutRecord;
  state: CycleState;
  /** Taken after the last cut, before power returns. */
  poweredOff: Images;
  /** Taken when the work that the last cut interrupts began. */
  before: Images;
}

const RUN_ID = 4711;

/** `cut` is an entry of `campaign.cuts` and `tracking` the fields of `tracking`, both as text of a profile. */
export function runToCutPoint(
  name: string,
  cut: string,
  kill: RigWishes['kill'],
  tracking?: string,
): Promise<CutPointRun> {
  return inTurn(() => runOneCycle(name, cut, kill, tracking));
}

async function runOneCycle(
  name: string,
  cut: string,
  kill: RigWishes['kill'],
  tracking?: string,
): Promise<CutPointRun> {
  const rig = labRig(name, { cuts: [cut], kill, tracking });
  const readImages = (): Images => {
    const image = (disk: string): Buffer => readFileSync(labPaths(name).image(disk));
    return { p: image('p'), s: image('s'), j: image('j') };
  };
  const options = {
    rig,
    ffi: 'koffi',
    lab: 'start',
    keepLab: false,
    lock: lockRig(name, 'test'),
    runId: RUN_ID,
    historyDir: null,
  } as const;
  const session = await Session.open(options, realHost, systemClock);
  try {
    await session.engine.open(await session.engineSpec());
    await session.engine.format('dirty');
    await session.engine.prepare();
    await session.engine.format('clean');
    await session.engine.recover();
    return await cutOnce(session, rig, readImages);
  } finally {
    await session.end();
  }
}

async function cutOnce(session: Session, rig: ResolvedRig, readImages: () => Images): Promise<CutPointRun> {
  let found: CutPointRun | null = null;
  let before = readImages();
  const plan = drawCycle(rig.campaign, rig.rails, rig.campaign.seed, 0);
  const runner: CycleRunner = new CycleRunner(plan, rig.workload, session, {
    onPhase(_from, to, _ms, state) {
      // The runner calls onPhase before the effects of the phase: the phase has not read or written anything yet.
      if (to === 'load' || to === 'resync' || to === 'recover') before = readImages();
      if (to !== 'restore' || state.facts.cuts.length < plan.rounds.length) return;
      found = { rig, cut: state.facts.cuts.at(-1)!, state, poweredOff: readImages(), before };
      runner.interrupt();
    },
  });
  const ended = await runner.run();
  if (found === null) throw new Error(`the cycle did not get to its last cut: ${JSON.stringify(ended.outcome)}`);
  return found;
}

/** Counts the sectors of this range whose stamp carries the update. */
export function sectorsOf(image: Buffer, updateId: number, offsetBytes: number, lengthBytes: number): number {
  let found = 0;
  for (let at = offsetBytes; at < offsetBytes + lengthBytes; at += 512) {
    const sector = parseSector(image, at);
    if (sector.kind === OBSERVED.valid && sector.stamp.updateId === updateId) found++;
  }
  return found;
}

/** Runs the recovery of the product on the journal's image. */
export function recovered({ rig }: CutPointRun, journal: Buffer): JournalRecovery {
  const { geometry, uuid } = shapeOf(rig);
  return recoverJournal({ ...geometry, rigUuid: uuid }, (at, length) => journal.subarray(at, at + length));
}

/** Returns, for each of the two copies of the indicator area, the regions that this copy alone marks dirty. */
export function copiesOf(run: CutPointRun, journal: Buffer): [number[], number[]] {
  const { geometry } = shapeOf(run.rig);
  const { identity } = recovered(run, journal);
  const regionCount = geometry.usableBytes / geometry.regionBytes;
  const layout = journalLayout(geometry.logBytes, regionCount);
  return ([0, 1] as const).map((copy) => {
    const map = new IndicatorMap(regionCount);
    // A copy, so that the unit begins on a word of memory.
    const unit = Uint8Array.from(
      journal.subarray(pageOffset(layout, copy, 0), pageOffset(layout, copy, 0) + UNIT_BYTES),
    );
    const words = new Int32Array(unit.buffer);
    for (let b = 0; b < BLOCKS_PER_UNIT; b++) {
      const read = openPageBlock(unit, b * BLOCK_BYTES, 0, b, copy, layout, identity);
      if (!read.ok) throw new Error(`copy ${copy}, block ${b}: ${read.problem}`);
      addPageBlock({ bytes: unit, words }, b * BLOCK_BYTES, 0, b, map);
    }
    return [...map.regions()];
  }) as [number[], number[]];
}

export function regionOf(image: Buffer, region: number, rig: ResolvedRig): Buffer {
  const bytes = rig.tracking.regionBytes;
  return image.subarray(region * bytes, (region + 1) * bytes);
}

function shapeOf(rig: ResolvedRig) {
  const usableBytes = rig.lab!.disks.find((d) => d.name === 'p')!.sizeBytes;
  return {
    geometry: { regionBytes: rig.tracking.regionBytes, usableBytes, logBytes: rig.journal.logBytes },
    uuid: parseUuid(rigUuid(rig)),
  };
}
