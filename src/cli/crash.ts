/**
 * Handles an uncaught error as an internal error. Node.js itself would exit with 1, which means that the disks have
 * broken an invariant, and would leave the rails off.
 */
import { EXIT } from './exitCodes.js';

let lastAction: (() => Promise<void>) | null = null;
let crashed = false;

/** An uncaught error is being handled: the command's own exit code no longer counts. */
export function hasCrashed(): boolean {
  return crashed;
}

/** Runs and awaits `action` before the process ends after an uncaught error. Returns a function that cancels this. */
export function beforeCrash(action: () => Promise<void>): () => void {
  lastAction = action;
  return () => {
    if (lastAction === action) lastAction = null;
  };
}

export function catchCrashes(): void {
  process.on('uncaughtException', (error) => {
    process.stderr.write(
      `plugpull: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    // `action` itself has failed.
    if (crashed) process.exit(EXIT.internal);
    crashed = true;
    void Promise.resolve(lastAction?.()).finally(() => process.exit(EXIT.internal));
  });
}
