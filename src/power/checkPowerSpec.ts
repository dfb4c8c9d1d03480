/** What boards and rails must be for `openPower` to take them; a profile's loader asks the same. */

import type { BoardRef, RailSpec } from './spec.js';
import { resolveBoard } from './boards/resolveBoard.js';
import { checkRails } from './rails/railMap.js';

export interface PowerSpec {
  /** Ttys as paths: `lab:` names are resolved before they are opened. */
  boards: BoardRef[];
  boardTypes: Record<string, unknown>;
  rails: RailSpec[];
}

/**
 * Finds every mistake that can be found without hardware. Throws BAD_SPEC (with the board or rail in its context) or
 * BAD_BOARD_TYPE.
 */
export function checkPowerSpec(spec: PowerSpec): void {
  for (const ref of spec.boards) resolveBoard(ref, spec.boardTypes);
  checkRails(spec.boards, spec.rails);
}
