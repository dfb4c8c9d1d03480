/**
 * Powers the rails on and checks the devices at the safety gate, at the start of a session.
 *
 *   read the devices ─► gate (no relay has moved yet) ─► read the rails ─► on: rails of devices that do not answer
 *     ─► wait for these ─► gate, complete ─► on: the other rails, unless all of them read on
 *     ─► read whether a device lost its power by that
 *
 * Promises: no relay moves before every visible device has passed the gate. A device without power is only checked for
 * use; then its own rails go on, and it is checked completely. Rails that contradict the devices are refused, with the
 * field of the profile to check, and are put back as found.
 *
 * Not promised: the found state of rails where a board can't be asked. Such a rail is put back only if a device that it
 * feeds lost its power by the switch. A supply that holds up longer than LOSES_POWER_MS hides that; it is found by
 * `putBackWhatWasLost` at the end of the session.
 */
import { AREA_NAMES, type AreaName } from '../../base/areas.js';
import type { RailSpec } from '../../power/spec.js';
import { AreaWatch } from '../areaWatch.js';
import type { TestBench } from '../cycle/testBench.js';
import { delay } from '../../base/clock.js';
import { CampaignError } from '../errors.js';
import type { GateAnswer, GateCircumstances, RailFound } from './host.js';

export interface BringUp {
  readonly rails: readonly RailSpec[];
  readonly bench: Pick<TestBench, 'clock' | 'probe' | 'power'>;
  readonly unresponsiveAfterMs: number;
  /** Time for devices to start up after power-on. */
  readonly returnMs: number;
  openBoards(): Promise<void>;
  readRails(): Promise<Map<string, RailFound>>;
  askGate(circumstances?: GateCircumstances): Promise<GateAnswer>;
  /** Rejects when the boards take longer than they may. */
  inTime<T>(what: string, switching: Promise<T>): Promise<T>;
  note(text: string): void;
  /** true ends a wait early. */
  stopped(): boolean;
  /** State of each rail before it was switched; a failed start restores it. */
  readonly found: Map<string, RailFound>;
}

/** A contact opens within 20 ms, and a disk's supply holds up little longer; arrays that hold up longer fail later. */
const LOSES_POWER_MS = 400;
/** Time for a device that fails a read at a switch to answer again, before the wiring is suspected. */
const BLINK_MS = 2_000;
/** A disk spins up within about 10 s. */
const BACK_AT_END_MS = 20_000;
const LOOK_EVERY_MS = 50;
const SAY_EVERY_MS = 15_000;

/**
 * Returns the devices that answered before the first switch.
 * @throws CampaignError GATE_REFUSED, DEVICE_BUSY, HARDWARE_FAILED, INTERRUPTED; PowerError
 */
export async function bringUp(b: BringUp): Promise<AreaName[]> {
  const answering = await look(b, AREA_NAMES);
  const unpowered = AREA_NAMES.filter((area) => !answering.includes(area) && feeding(b, [area]).length > 0);
  refuse(await b.askGate({ unpowered }));
  await b.openBoards();
  for (const [rail, state] of await b.readRails()) b.found.set(rail, state);
  await refuseContradiction(b, answering);
  // Opening a control line, or a board that resets when its tty opens, moves relays.
  const still = await look(b, answering);
  const fallen = answering.filter((area) => !still.includes(area));
  if (unpowered.length + fallen.length > 0) {
    const hint = await powerUp(b, [...unpowered, ...fallen], still);
    if (hint !== '') await refuseLoss(b, fallen, feeding(b, fallen));
    const hung =
      hint === '' ? [] : (await watchOf(b).look([...unpowered, ...fallen], b.unresponsiveAfterMs)).unresponsive;
    refuse(await b.askGate({ unpowered: hung }), hint);
    if (hung.length > 0) throw new CampaignError('HARDWARE_FAILED', hint.trim(), { areas: hung });
  }
  // Nothing to switch: each rail was read as on, and its devices answer.
  if (unpowered.length + fallen.length === 0 && b.rails.every(({ name }) => b.found.get(name) === 'on'))
    return answering;
  await b.inTime('switching all rails on', b.bench.power.allOn());
  if (![...b.found.values()].every((state) => state === 'on')) await refuseLoss(b, await lost(b, answering), b.rails);
  return answering;
}

/** Areas that answer reads; an unresponsive one does not. */
async function look(b: BringUp, areas: readonly AreaName[]): Promise<AreaName[]> {
  return (await watchOf(b).look(areas, b.unresponsiveAfterMs)).answering;
}

function watchOf(b: BringUp): AreaWatch {
  return new AreaWatch(b.bench, () => undefined);
}

function feeding(b: BringUp, areas: readonly AreaName[]): RailSpec[] {
  return b.rails.filter((rail) => rail.powers.some((area) => areas.includes(area)));
}

function refuse(gate: GateAnswer, hint = ''): void {
  if (!gate.passed) throw new CampaignError(gate.busy ? 'DEVICE_BUSY' : 'GATE_REFUSED', `${gate.text}${hint}`);
}

/** A device that answers while all of its rails read off: no cut would reach it, and `on` may be what cuts it. */
async function refuseContradiction(b: BringUp, answering: readonly AreaName[]): Promise<void> {
  const suspects = (): AreaName[] =>
    answering.filter(
      (area) => feeding(b, [area]).length > 0 && feeding(b, [area]).every(({ name }) => b.found.get(name) === 'off'),
    );
  if (suspects().length === 0) return;
  // It may just have been switched off and run on the hold-up of its supply.
  await delay(b.bench.clock, BLINK_MS);
  const [area] = await look(b, suspects());
  if (area === undefined) return;
  const rails = feeding(b, [area]);
  throw new CampaignError(
    'HARDWARE_FAILED',
    `${named(rails)} read${rails.length === 1 ? 's' : ''} off, and ${area} answers all the same; no relay was switched. ${whatToEdit(rails)}`,
    { area, rails: rails.map(({ name }) => name) },
  );
}

/** Powers devices that do not answer. Returns what to add to the gate's refusal if they still do not. */
async function powerUp(b: BringUp, unpowered: readonly AreaName[], answering: readonly AreaName[]): Promise<string> {
  const rails = feeding(b, unpowered);
  const what = `${unpowered.join(', ')} ${unpowered.length === 1 ? 'does' : 'do'} not answer`;
  b.note(`${what}: switching ${named(rails)} on and waiting up to ${b.returnMs / 1000} s`);
  await b.inTime(
    `switching ${named(rails)} on`,
    b.bench.power.switchAndRecord(
      rails.map(({ name }) => name),
      'on',
    ),
  );
  await refuseLoss(b, await lost(b, answering), rails);
  const { clock } = b.bench;
  const sinceMs = clock.nowMs();
  let saidMs = sinceMs;
  while (clock.nowMs() - sinceMs < b.returnMs) {
    if (b.stopped())
      throw new CampaignError(
        'INTERRUPTED',
        `interrupted while ${unpowered.join(', ')} did not answer; nothing was written`,
      );
    if ((await look(b, unpowered)).length === unpowered.length) return '';
    if (clock.nowMs() - saidMs >= SAY_EVERY_MS) {
      saidMs = clock.nowMs();
      b.note(`still waiting, ${Math.round((saidMs - sinceMs) / 1000)} of ${b.returnMs / 1000} s`);
    }
    await delay(clock, LOOK_EVERY_MS);
  }
  return `\n${what} ${b.returnMs / 1000} s after ${named(rails)} was switched on. Is it plugged in? ${whatToEdit(rails)}`;
}

/** Areas that answered before a switch, do not now, and do not again within BLINK_MS. */
async function lost(b: BringUp, areas: readonly AreaName[]): Promise<AreaName[]> {
  const { clock } = b.bench;
  const sinceMs = clock.nowMs();
  for (;;) {
    const answering = await look(b, areas);
    const gone = areas.filter((area) => !answering.includes(area));
    const elapsedMs = clock.nowMs() - sinceMs;
    if (gone.length === 0 && elapsedMs >= LOSES_POWER_MS) return [];
    if (gone.length > 0 && elapsedMs >= LOSES_POWER_MS + BLINK_MS) return gone;
    await delay(clock, LOOK_EVERY_MS);
  }
}

/**
 * At the end of a session without a cut: devices that answered at its start and do not now. `found` has the states of
 * the rails from then. @throws CampaignError HARDWARE_FAILED with what was found
 */
export async function putBackWhatWasLost(b: BringUp, areas: readonly AreaName[]): Promise<void> {
  const gone = areas.filter((area) => feeding(b, [area]).some(({ name }) => b.found.get(name) === 'unknown'));
  await refuseLoss({ ...b, returnMs: Math.min(b.returnMs, BACK_AT_END_MS) }, gone, feeding(b, gone));
}

/**
 * Devices lost their power as these rails were switched on. Puts back each suspect rail, those of the devices' own
 * fields first; a rail that brings a device back stays so, the others are switched on again.
 */
async function refuseLoss(b: BringUp, gone: readonly AreaName[], switched: readonly RailSpec[]): Promise<void> {
  if (gone.length === 0) return;
  const theirs = feeding(b, gone);
  const suspects = [...theirs, ...switched.filter((rail) => !theirs.includes(rail))].filter(
    ({ name }) => b.found.get(name) !== 'on',
  );
  b.note(
    `${gone.join(', ')} answered before ${named(switched)} was switched on, and not since: searching for the rail that cut it`,
  );
  const culprits: RailSpec[] = [];
  let missing = [...gone];
  for (const rail of suspects) {
    if (missing.length === 0) break;
    await b.inTime(`putting rail ${rail.name} back`, b.bench.power.switchAndRecord([rail.name], 'off'));
    const back = await comesBack(b, missing);
    if (back.length === 0) {
      await b.inTime(`switching rail ${rail.name} on`, b.bench.power.switchAndRecord([rail.name], 'on'));
      continue;
    }
    culprits.push(rail);
    b.found.set(rail.name, 'off');
    missing = missing.filter((area) => !back.includes(area));
  }
  const blamed = culprits.length === 0 ? suspects : culprits;
  const after =
    missing.length === 0
      ? `put back, and ${gone.join(', ')} answer${gone.length === 1 ? 's' : ''} again`
      : `put back, and ${missing.join(', ')} still does not answer`;
  throw new CampaignError(
    'HARDWARE_FAILED',
    `${gone.join(', ')} answered until ${named(blamed)} was switched on; ${culprits.length === 0 ? `no rail brought ${missing.join(', ')} back` : after}. ${whatToEdit(blamed)}`,
    { areas: gone, rails: blamed.map(({ name }) => name) },
  );
}

/** The first areas that answer again; empty when none does within the return time. */
async function comesBack(b: BringUp, areas: readonly AreaName[]): Promise<AreaName[]> {
  const { clock } = b.bench;
  const sinceMs = clock.nowMs();
  while (clock.nowMs() - sinceMs < b.returnMs) {
    const back = await look(b, areas);
    if (back.length > 0) return back;
    await delay(clock, LOOK_EVERY_MS);
  }
  return [];
}

function named(rails: readonly RailSpec[]): string {
  return `rail${rails.length === 1 ? '' : 's'} ${rails.map(({ name, board, channels }) => `${name} (${board}, channel ${channels.join(' and ')})`).join(', ')}`;
}

function whatToEdit(rails: readonly RailSpec[]): string {
  const fields = rails.map(
    (rail) =>
      `rails.${rail.name}.contact (it says ${rail.contact}${rail.invert ? ', inverted' : ''}; NO has power while its relay is on, NC while it is off)`,
  );
  return `Check ${fields.join(', ')}, at channels, and at the wiring; plugpull relay pulse RIG RAIL tries one rail`;
}
