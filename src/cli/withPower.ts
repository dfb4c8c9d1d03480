/**
 * Boards in hand for a command that switches rails: locked, and never left half way. The first signal lets the command
 * end what it is about, at once where it waits; the second, or an error that nobody caught, ends the process as soon as
 * rails that are only off for a time are on again. Either way it is said how the rails are left.
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

/** For boards that are told by frames. */
const POWER_ON_MS = 30_000;
/** The second signal is one of haste: a command that still runs then is killed as the process ends. */
const IDLE_MS = 5_000;

/** `told`: how the rails are by now. `signal`: aborted by the first signal. */
export type PowerAction = (power: PowerController, told: (state: string) => void, signal: AbortSignal) => Promise<void>;

export interface PowerHabits {
  /** Rails that the command switches off go on again in the end: in a hurry too. */
  goesBackOn?: boolean;
}

/** @throws CampaignError INTERRUPTED with how the rails were left, RIG_BUSY; PowerError */
export async function withPower(
  rig: ResolvedRig,
  command: string,
  { goesBackOn = false }: PowerHabits,
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
        if (!stop.signal.aborted) await action(power, (told) => (state = told), stop.signal);
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

/** Its calls take their turn behind the one that is under way, so that no `off` comes after them. */
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

/** Nothing is undone that was asked for: the command under way ends, and what was switched off is named. */
async function whenIdle(power: PowerController): Promise<string> {
  await ended(systemClock, IDLE_MS, power.idle());
  return power.notOn.length === 0
    ? 'no rail was switched off'
    : `switched off, or perhaps so: ${power.notOn.join(', ')}`;
}

/** A rig's boards with their ttys as they are now. @throws CampaignError LAB_NOT_RUNNING */
export async function boardsOf(rig: ResolvedRig): Promise<BoardRef[]> {
  return placedBoards(rig, usesLab(rig) ? await realHost.labView(rig.name) : null);
}
