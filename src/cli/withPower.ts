/**
 * Locks a rig and opens its boards for a command that switches rails. The first signal ends the command after its
 * current step. The second signal, or an uncaught error, ends the process as soon as rails that the command only pulses
 * are on again. In both cases the command prints the state of the rails.
 */
import { systemClock } from '../base/systemClock.js';
import { CampaignError } from '../campaign/errors.js';
import { lockRig } from '../campaign/session/rigLock.js';
import { stateDir } from '../campaign/directories.js';
import { ended, within } from '../campaign/within.js';
import { openPower } from '../power/openPower.js';
import { railsLeft } from '../power/rails/rail.js';
import type { PowerController } from '../power/rails/controller.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { prepareWayOut, type HoldsPower } from './wayOut.js';
import { usesLab } from '../rig/schema/words.js';
import { placedBoards } from '../campaign/session/places.js';
import { realHost } from '../campaign/session/host.js';
import type { BoardRef } from '../power/spec.js';

/** For boards that are switched by frames; a program may take longer. */
const POWER_ON_MS = 30_000;
/** Wait for the current board command after the second signal; then the process ends anyway. */
const IDLE_MS = 5_000;

/** `setState`: takes a text on the state of the rails. `signal`: aborted by the first signal. */
export type PowerAction = (
  power: PowerController,
  setState: (text: string) => void,
  signal: AbortSignal,
) => Promise<void>;

export interface RailUse {
  /** The command only pulses rails: they are on again at its end, also after a second signal. */
  goesBackOn?: boolean;
}

/** @throws CampaignError INTERRUPTED with how the rails were left, RIG_BUSY; PowerError */
export async function withPower(
  rig: ResolvedRig,
  command: string,
  { goesBackOn = false }: RailUse,
  action: PowerAction,
): Promise<void> {
  const wayOut = prepareWayOut();
  const stop = new AbortController();
  wayOut.interrupts.onFirst(() => stop.abort());
  try {
    const lock = lockRig(rig.name, `plugpull ${command}`);
    let state = 'no rail was switched';
    try {
      const spec = { boards: await boardsOf(rig), boardTypes: rig.boardTypes, rails: rig.rails };
      const power = await openPower(spec, { rigName: rig.name, runtimeDir: stateDir() });
      wayOut.holds(goesBackOn ? switchesBackOn(power) : { leave: () => whenIdle(power) });
      try {
        if (!stop.signal.aborted) await action(power, (text) => (state = text), stop.signal);
      } finally {
        await power.close();
      }
    } finally {
      lock.release();
    }
    if (stop.signal.aborted)
      throw new CampaignError('INTERRUPTED', `plugpull ${command} was interrupted; ${state}`, { rig: rig.name });
  } finally {
    wayOut.release();
  }
}

/** Its calls wait for the current one, so that no `off` follows them. */
function switchesBackOn(power: PowerController): HoldsPower {
  return {
    async leave() {
      const off = power.notOn;
      if (off.length === 0) return 'no rail was off';
      const goingOn = power.setEach(new Map(off.map((rail) => [rail, 'on'])));
      const ended = await within(
        systemClock,
        Math.max(POWER_ON_MS, power.slowestMs),
        `switching ${off.join(', ')} on`,
        goingOn,
      );
      return railsLeft(ended.failed) || `${off.join(', ')} switched on again`;
    },
  };
}

/** Undoes nothing: waits for the current command, then names the rails that are off. */
async function whenIdle(power: PowerController): Promise<string> {
  await ended(systemClock, IDLE_MS, power.idle());
  return power.notOn.length === 0 ? 'no rail was switched off' : `off, or of unknown state: ${power.notOn.join(', ')}`;
}

/** A rig's boards with their present ttys. @throws CampaignError LAB_NOT_RUNNING */
export async function boardsOf(rig: ResolvedRig): Promise<BoardRef[]> {
  return placedBoards(rig, usesLab(rig) ? await realHost.labView(rig.name) : null);
}
