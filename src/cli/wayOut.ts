/**
 * The hasty ways out of a command that cuts power: the second interrupt, and an error that nobody caught. Both give the
 * power back first, and end a lab of the command's own, whatever else hangs.
 */
import { catchInterrupts, type Interrupts } from '../campaign/session/interrupts.js';
import { realHost } from '../campaign/session/host.js';
import { beforeCrash } from './crash.js';
import { EXIT } from './exitCodes.js';
import { printHurry } from './output.js';
import type { Interruption } from '../bench/figures.js';
import { CampaignError } from '../campaign/errors.js';

/** What has rails that may be off: a session, or boards that are switched by hand. */
export interface HoldsPower {
  /** Rails as found or on, whatever else hangs; says how they are. */
  leave(): Promise<string>;
}

export interface WayOut {
  readonly interrupts: Interrupts;
  /** Done before all else from now on, as leaving the terminal as it was. */
  first(action: () => void): void;
  /** How it is said, from now on, that a second signal would hurry; on stderr until then. */
  says(action: () => void): void;
  /**
   * The rig is locked, and a lab of this name that does not run yet will be the command's own: ended, even half
   * started.
   */
  startsLab(name: string): void;
  /** Its rails are the ones to be switched on from now on; it knows what to do about its lab. */
  holds(holder: HoldsPower): void;
  /** The command has ended in order. */
  release(): void;
}

/** The power comes first either way. */
export const HURRY = 'restores power and ends at once, without waiting for the records';

/** Signals are caught from now on: to be called before there is anything to leave behind. */
export function prepareWayOut(): WayOut {
  let holder: HoldsPower | null = null;
  let first = (): void => undefined;
  let say = printHurry(HURRY);
  let endLab = (): Promise<void> => Promise.resolve();
  const leave = async (): Promise<void> => {
    first();
    try {
      if (holder === null) await endLab();
      else process.stderr.write(`plugpull: ended in a hurry; ${await holder.leave()}\n`);
    } catch (error) {
      process.stderr.write(`plugpull: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  };
  const interrupts = catchInterrupts(
    () => void leave().finally(() => process.exit(EXIT.interrupted)),
    () => say(),
  );
  const forget = beforeCrash(leave);
  return {
    interrupts,
    first(action) {
      first = action;
    },
    says(action) {
      say = action;
    },
    startsLab(name) {
      const ran = realHost.labView(name).then(
        (lab) => lab !== null,
        () => true,
      );
      // Ending takes its turn after a start that is under way.
      endLab = async () => ((await ran) ? undefined : realHost.labDown(name));
    },
    holds(opened) {
      holder = opened;
    },
    release() {
      interrupts.release();
      forget();
    },
  };
}

/**
 * A measurement that Ctrl-C ends in order: the first signal is noted and told, the second ends the process at once.
 * What was measured is dropped; whoever holds a device lets go of it on the way out.
 */

/** @throws CampaignError INTERRUPTED, whatever `action` made of the signal. */
export async function interruptible<T>(
  command: string,
  action: (interruption: Interruption) => Promise<T>,
): Promise<T> {
  const interrupts = catchInterrupts(() => process.exit(EXIT.interrupted), printHurry('ends at once'));
  const controller = new AbortController();
  const throwIfInterrupted = (): void => {
    if (interrupts.requested)
      throw new CampaignError('INTERRUPTED', `${command} was interrupted; everything is released`);
  };
  interrupts.onFirst(() => controller.abort());
  try {
    return await action({
      signal: controller.signal,
      say: (what) => void process.stderr.write(`${command}: ${what}\n`),
      async yieldToSignals() {
        await new Promise((resolve) => setImmediate(resolve));
        throwIfInterrupted();
      },
    });
  } catch (error) {
    throwIfInterrupted();
    throw error;
  } finally {
    interrupts.release();
  }
}
