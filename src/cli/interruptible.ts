/**
 * A measurement that Ctrl-C ends in order: the first signal is noted and told, the second ends the process at once.
 * What was measured is dropped; whoever holds a device lets go of it on the way out.
 */
import type { Interruption } from '../bench/interruption.js';
import { CampaignError } from '../campaign/errors.js';
import { catchInterrupts } from '../campaign/session/interrupts.js';
import { EXIT } from './exitCodes.js';
import { sayHurry } from './sayHurry.js';

/** @throws CampaignError INTERRUPTED, whatever `action` made of the signal. */
export async function interruptible<T>(
  command: string,
  action: (interruption: Interruption) => Promise<T>,
): Promise<T> {
  const interrupts = catchInterrupts(() => process.exit(EXIT.interrupted), sayHurry('ends at once'));
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
      async breathe() {
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
