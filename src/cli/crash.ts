/**
 * An error that nobody caught: a mistake of ours, and told as one. Node itself would end with 1, which says that an
 * invariant of the disks is broken; and it would leave the rails as they are.
 */
import { EXIT } from './exitCodes.js';

let lastDeed: (() => Promise<void>) | null = null;
let crashed = false;

/** The last deed is under way: whatever the command still comes to, its exit code is not asked for any more. */
export function hasCrashed(): boolean {
  return crashed;
}

/** `action` is done before the process ends over such an error, and awaited. Returns what forgets it. */
export function beforeCrash(action: () => Promise<void>): () => void {
  lastDeed = action;
  return () => {
    if (lastDeed === action) lastDeed = null;
  };
}

export function catchCrashes(): void {
  process.on('uncaughtException', (error) => {
    process.stderr.write(
      `plugpull: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    // The last deed itself may be what fails.
    if (crashed) process.exit(EXIT.internal);
    crashed = true;
    void Promise.resolve(lastDeed?.()).finally(() => process.exit(EXIT.internal));
  });
}
