/**
 * Checks whether a run of this rig would be refused now, and why. `plan`, `doctor` and `run` give the same answer from
 * here, before a lab starts, a relay moves or a device is opened exclusively. It only reads.
 *
 * Not promised: that a run passes. The session checks again what is virtual and not started yet, or without power, and
 * checks all devices once more while it holds them open exclusively.
 */
import { isLabDevice, usesLab } from '../rig/schema/words.js';
import { AREA_NAMES, STORAGE_AREAS, type AreaName } from '../base/areas.js';
import { enrolmentPath, loadEnrolments } from '../gate/enrolment.js';
import { checkGate } from '../gate/gate.js';
import { formatGate, type GateRefusal, type GateReport } from '../gate/gateReport.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import { fitAreas } from '../replication/areas.js';
import { requireMemory } from '../replication/memoryNeed.js';
import { areaBytes } from './record/recordSpace.js';
import { requireSameLab } from '../lab/lab.js';
import { requireReach } from '../power/preflight.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { deviceAnswers } from './session/deviceReads.js';
import { CampaignError, codeOf, textOf } from './errors.js';
import { type LabView, realHost } from './session/host.js';
import { devicePath, gateQuestions, placedBoards } from './session/places.js';
import { busy, type LockHolder } from './session/rigLock.js';

/** Subject of a refusal; one by the gate has findings. */
export type Refused = 'profile' | 'rig' | 'lab' | 'board' | 'gate' | 'memory';

export interface Refusal {
  what: Refused;
  /** The error that `run` throws. */
  error: Error;
  findings: readonly GateRefusal[];
  /** The board whose tty can't be used, where `what` is `board`. */
  board?: string;
}

/** An area that can't be checked now. */
export interface NotAsked {
  area: AreaName;
  reason: 'virtual' | 'powerless' | 'in-use';
  text: string;
}

export interface RunCheck {
  refusals: readonly Refusal[];
  notAsked: readonly NotAsked[];
  /** Areas that the gate has checked. */
  asked: readonly AreaName[];
  lab: LabView | null;
}

export interface RunCheckOptions {
  /** Holder of the rig's lock; null: none, or the caller. */
  holder: LockHolder | null;
  ffi?: FfiName;
  /** Bytes; left out: of this host now. */
  availableMemory?: number;
}

export async function checkRun(rig: ResolvedRig, { holder, ffi, availableMemory }: RunCheckOptions): Promise<RunCheck> {
  const refusals: Refusal[] = [];
  const cuts = nothingToCut(rig);
  if (cuts !== null) refusals.push({ what: 'profile', error: cuts, findings: [] });
  if (holder !== null) {
    refusals.push({ what: 'rig', error: busy(rig.name, holder), findings: [] });
    const text = 'in use: the other command holds it open exclusively';
    return { refusals, notAsked: AREA_NAMES.map((area) => ({ area, reason: 'in-use', text })), asked: [], lab: null };
  }
  const lab = usesLab(rig) ? await realHost.labView(rig.name) : null;
  const other = lab === null ? null : labMismatch(rig, lab);
  if (other !== null) refusals.push({ what: 'lab', error: other, findings: [] });
  refusals.push(...boardsOutOfReach(rig));
  const { asked, notAsked } = await askableAreas(rig, other === null ? lab : null);
  const gate = asked.length === 0 ? null : await askGate(rig, lab, asked, ffi);
  if (gate !== null) refusals.push(gate);
  // The gate has compared the sizes of the devices that it could ask.
  else if (asked.length < AREA_NAMES.length) refusals.push(...outOfMemory(rig, availableMemory));
  return { refusals, notAsked, asked, lab };
}

/** The error that `run` throws: the first refusal, with the texts of all; null: no reason to refuse is known yet. */
export function refusalOf({ refusals }: Pick<RunCheck, 'refusals'>): Error | null {
  if (refusals.length === 0) return null;
  const [{ error }] = refusals;
  if (refusals.length === 1) return error;
  const text = refusals.map((refusal) => refusal.error.message).join('\n');
  return Object.assign(new Error(text, { cause: error }), { name: error.name, code: codeOf(error) });
}

/** null: the profile has a cut. */
export function nothingToCut(rig: ResolvedRig): CampaignError | null {
  if (rig.campaign.cuts.length > 0) return null;
  return new CampaignError(
    'NOTHING_TO_CUT',
    `${rig.file} has no cut: a campaign needs at least one; add rails: and campaign.cuts`,
    { rig: rig.name },
  );
}

/** The running lab was started from another version of the profile. */
function labMismatch(rig: ResolvedRig, lab: LabView): Error | null {
  try {
    placedBoards(rig, lab);
    for (const area of AREA_NAMES) devicePath(rig[area], rig, lab);
    if (rig.lab !== null) requireSameLab(rig.name, rig.lab);
    return null;
  } catch (error) {
    return error as Error;
  }
}

/** A run opens every board before it switches one. This check opens none, because opening may move a relay. */
function boardsOutOfReach(rig: ResolvedRig): Refusal[] {
  return rig.boards.flatMap((board) => {
    try {
      requireReach(board);
      return [];
    } catch (error) {
      return [{ what: 'board' as const, error: error as Error, findings: [], board: board.name }];
    }
  });
}

async function askableAreas(
  rig: ResolvedRig,
  lab: LabView | null,
): Promise<{ asked: AreaName[]; notAsked: NotAsked[] }> {
  const doubts = await Promise.all(AREA_NAMES.map((area) => whyNotAsked(area, rig, lab)));
  const notAsked = doubts.filter((doubt) => doubt !== null);
  return { asked: AREA_NAMES.filter((area) => !notAsked.some((doubt) => doubt.area === area)), notAsked };
}

async function whyNotAsked(area: AreaName, rig: ResolvedRig, lab: LabView | null): Promise<NotAsked | null> {
  if (isLabDevice(rig[area]) && lab === null) {
    return {
      area,
      reason: 'virtual',
      text: `virtual, and its lab is not running; plugpull lab up ${rig.file} starts it`,
    };
  }
  const rails = rig.rails.filter(({ powers }) => powers.includes(area)).map(({ name }) => name);
  // No rail feeds it, so a run could not power it on either: the gate reports what is wrong.
  if (rails.length === 0) return null;
  const path = devicePath(rig[area], rig, lab);
  if (await deviceAnswers(path)) return null;
  const text = `${path} is missing or does not answer, and rail ${rails.join(' and ')} feeds it: run plugpull relay on ${rig.file}, then try again`;
  return { area, reason: 'powerless', text };
}

async function askGate(
  rig: ResolvedRig,
  lab: LabView | null,
  areas: readonly AreaName[],
  ffi: FfiName | undefined,
): Promise<Refusal | null> {
  try {
    const report = await checkGate(gateQuestions(rig, lab, areas), {
      enrolments: loadEnrolments(enrolmentPath(rig.file)),
      ffi,
    });
    if (report.passed) return noRoom(rig, report);
    const isBusy = report.findings.some(({ code }) => code === 'GATE_BUSY');
    return {
      what: 'gate',
      error: new CampaignError(isBusy ? 'DEVICE_BUSY' : 'GATE_REFUSED', formatGate(report)),
      findings: report.findings,
    };
  } catch (error) {
    // A missing native library or an unreadable list of enrolled disks stops a run as well.
    return { what: 'gate', error: error instanceof Error ? error : new Error(textOf(error)), findings: [] };
  }
}

/** The maps of areas whose sizes the profile contains. */
function outOfMemory(rig: ResolvedRig, availableMemory: number | undefined): Refusal[] {
  const sizes = STORAGE_AREAS.map((area) => areaBytes(rig, area)).filter((size) => size !== null);
  if (sizes.length === 0) return [];
  try {
    requireMemory({ usableBytes: Math.min(...sizes), regionBytes: rig.tracking.regionBytes }, availableMemory);
    return [];
  } catch (error) {
    return [{ what: 'memory', error: error as Error, findings: [] }];
  }
}

/** Disks that pass the gate may be too small for the areas of the profile. */
function noRoom(rig: ResolvedRig, { devices }: GateReport): Refusal | null {
  const [primary, secondary, journal] = AREA_NAMES.map(
    (area) => devices.find(({ request }) => request.role === area)?.identity ?? null,
  );
  if (primary === null || secondary === null || journal === null) return null;
  try {
    fitAreas(rig, { primary, secondary, journal });
    return null;
  } catch (error) {
    return { what: 'gate', error: error as Error, findings: [] };
  }
}
