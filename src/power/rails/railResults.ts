/** What comes of switching and reading rails. */
import { isPowerError, PowerError } from '../errors.js';
import type { RailState } from './railMap.js';
import { type RailNotOn, railsLeft } from './railsLeft.js';
import type { SwitchProof } from './verify.js';

export interface RailSwitch {
  rail: string;
  /** Monotonic ns (process.hrtime) when the last byte of the last command for its channels was with the tty. */
  commandNs: number;
  /** Monotonic ns when settling and reading back had ended. */
  doneNs: number;
  evidence: SwitchProof;
  /** `unknown` unless the board read its relay or measured its output. */
  state: RailState;
  /** What a measuring board saw of each channel, in its own unit. */
  measured?: number[];
}

export interface RailPulse extends RailSwitch {
  /** How long the rail was off: as the board was told, or as the host measured between its two commands. */
  offMs: number;
  timedBy: 'board' | 'host';
}

export interface RailReading {
  rail: string;
  state: RailState;
  evidence: SwitchProof;
}

export interface AllOnResult {
  restored: string[];
  failed: RailNotOn[];
}

/** The error that latches the controller; says how the rails are left. */
export function rigBroken(error: unknown, { restored, failed }: AllOnResult): PowerError {
  const notRestored = failed.map(({ rail }) => rail);
  const cause = isPowerError(error) ? error : null;
  const rest = railsLeft(failed) || 'power is back on all rails';
  const message = `${error instanceof Error ? error.message : String(error)}; ${rest}; no more cuts until repaired`;
  const context = { ...cause?.context, restored, notRestored, causeCode: cause?.code };
  return new PowerError('RIG_BROKEN', message, context, error);
}
