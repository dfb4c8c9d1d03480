/**
 * The hasty ways out of a command that cuts power: the second interrupt, and an error that nobody caught. Both give the
 * power back first, and end a lab of the command's own, whatever else hangs.
 */
import { catchInterrupts, type Interrupts } from '../campaign/interrupts.js';
import type { Session } from '../campaign/session.js';
import { beforeCrash } from './crash.js';
import { EXIT } from './exitCodes.js';

export interface WayOut {
  readonly interrupts: Interrupts;
  /** Its rails are the ones to be switched on from now on. */
  holds(session: Session): void;
  /** The command has ended in order. */
  release(): void;
}

/** `first`: done before all else, as leaving the terminal as it was. */
export function prepareWayOut(first: () => void = () => undefined): WayOut {
  let session: Session | null = null;
  const leave = async (): Promise<void> => {
    first();
    try {
      await session?.leave();
    } catch (error) {
      process.stderr.write(`plugpull: ${String(error)}\n`);
    }
  };
  const interrupts = catchInterrupts(() => void leave().finally(() => process.exit(EXIT.interrupted)));
  const forget = beforeCrash(leave);
  return {
    interrupts,
    holds(opened) {
      session = opened;
    },
    release() {
      interrupts.release();
      forget();
    },
  };
}
