/**
 * What signals and uncaught errors do to a command. In a command that cuts power, the second signal and an uncaught
 * error first switch the power on and end the command's own lab, also if everything else hangs.
 */
import { catchInterrupts, type Interrupts } from '../campaign/session/interrupts.js';
import { realHost } from '../campaign/session/host.js';
import { beforeCrash } from './crash.js';
import { EXIT } from './exitCodes.js';
import { printHurry } from './output.js';
import type { Interruption } from '../bench/figures.js';
import { CampaignError } from '../campaign/errors.js';

/** Has rails that may be off: a session, or the boards of a relay command. */
export interface HoldsPower {
  /** Switches rails on, or as they were found; returns a text on their state. */
  leave(): Promise<string>;
}

export interface WayOut {
  readonly interrupts: Interrupts;
  /** Runs before the power is switched on, for example to restore the terminal. */
  first(action: () => void): void;
  /** Prints what a second signal does. Default: on stderr. */
  setHurryText(action: () => void): void;
  /** The rig is locked. A lab that does not run yet belongs to the command, which ends it, also during its start. */
  startsLab(name: string): void;
  /** From now on `holder` restores power, and ends the lab. */
  holds(holder: HoldsPower): void;
  /** The command has ended in order. */
  release(): void;
}

export const HURRY = 'restores power and ends at once, without waiting for the records';

/** Catches signals from now on. To be called before the command changes anything. */
export function prepareWayOut(): WayOut {
  let holder: HoldsPower | null = null;
  let first = (): void => undefined;
  let say = printHurry(HURRY);
  let endLab = (): Promise<void> => Promise.resolve();
  const leave = async (): Promise<void> => {
    first();
    try {
      if (holder === null) await endLab();
      else process.stderr.write(`plugpull: ended at once; ${await holder.leave()}\n`);
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
    setHurryText(action) {
      say = action;
    },
    startsLab(name) {
      const ran = realHost.labView(name).then(
        (lab) => lab !== null,
        () => true,
      );
      // An end waits for a start that is in progress.
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
 * Runs a benchmark. The first signal ends it in order and discards its figures; the second ends the process at once.
 * @throws CampaignError INTERRUPTED after a signal, whatever error `action` throws
 */
export async function interruptible<T>(
  command: string,
  action: (interruption: Interruption) => Promise<T>,
): Promise<T> {
  const interrupts = catchInterrupts(() => process.exit(EXIT.interrupted), printHurry('ends at once'));
  const controller = new AbortController();
  const throwIfInterrupted = (): void => {
    if (interrupts.requested)
      throw new CampaignError('INTERRUPTED', `${command} was interrupted; its devices are released`);
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
