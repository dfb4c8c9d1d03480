/**
 * Reads the rails of a rig where their boards answer. Each board is asked once for all of its rails: a board needs a
 * gap between two frames, so a question for each rail takes that much longer.
 */
import { isPowerError } from '../errors.js';
import type { PowerController } from './controller.js';
import type { RailState } from './rail.js';

/** By rail; `unknown` where the board has no read-back, or cannot be read. Never rejects. */
export async function readEach(
  controller: Pick<PowerController, 'readRails'>,
  rails: readonly { name: string; board: string }[],
): Promise<Map<string, RailState>> {
  const states = new Map<string, RailState>(rails.map(({ name }) => [name, 'unknown']));
  const read = async (names: readonly string[]): Promise<void> => {
    for (const { rail, state } of await controller.readRails(names)) states.set(rail, state);
  };
  const readBoard = async (board: string): Promise<void> => {
    const names = rails.filter((rail) => rail.board === board).map(({ name }) => name);
    try {
      await read(names);
    } catch (error) {
      // A board may refuse one channel and answer for the others; one that does not answer is not asked again.
      if (!isMute(error)) for (const name of names) await read([name]).catch(() => undefined);
    }
  };
  await Promise.all([...new Set(rails.map(({ board }) => board))].map(readBoard));
  return states;
}

function isMute(error: unknown): boolean {
  return isPowerError(error) && (error.code === 'BOARD_MUTE' || error.code.startsWith('TTY_'));
}
