/** Faults of virtual disks and quirks of virtual boards are such as the lab knows. */
import { LabError } from '../../lab/errors.js';
import { parseFaults } from '../../lab/faults/spec.js';
import { createPeer, peerProtocols } from '../../lab/peers/index.js';
import { suggestWord } from '../source/nearest.js';
import { isMade } from './boardTypes.js';
import type { Check } from './check.js';
import { userOfLabBoard } from './lab.js';

export const checkLabBehaviour: Check = (profile, report) => {
  for (const [name, disk] of Object.entries(profile.lab?.disks ?? {})) {
    disk.faults.forEach((fault, i) => {
      const problem = attempt(() => parseFaults(name, [fault]));
      if (problem !== null)
        report({ kind: 'error', path: ['lab', 'disks', name, 'faults', i], rule: problem, next: '' });
    });
  }
  for (const [name, board] of Object.entries(profile.lab?.boards ?? {})) {
    const user = userOfLabBoard(profile, name);
    const protocol = board.protocol ?? user?.type;
    const channels = board.channels ?? user?.channels;
    // What is missing has been said.
    if (protocol === undefined || channels === undefined) continue;
    if (board.protocol === undefined && Object.hasOwn(profile.boardTypes ?? {}, protocol)) continue;
    if (user !== null && !isMade(user.type, user.channels, profile.boardTypes ?? {})) continue;
    if (!peerProtocols.includes(protocol)) {
      const path = ['lab', 'boards', name, ...(board.protocol === undefined ? [] : ['protocol'])];
      report({
        kind: 'error',
        path,
        atKey: board.protocol === undefined,
        rule: `no virtual board speaks ${protocol}`,
        next: suggestWord(protocol, peerProtocols),
      });
      continue;
    }
    const problem = attempt(() => createPeer(protocol, { channels, initialOn: true, options: board.options }));
    if (problem !== null)
      report({
        kind: 'error',
        path: ['lab', 'boards', name],
        atKey: true,
        rule: problem,
        next: 'mend or delete its channels and options',
      });
  }
};

/** The reason why not, on one line; null: it went well. */
function attempt(make: () => unknown): string | null {
  try {
    make();
    return null;
  } catch (error) {
    // Anything else is a mistake of ours, not of the profile.
    if (!(error instanceof LabError || error instanceof RangeError || error instanceof TypeError)) throw error;
    return error.message.replace(/\s*\n\s*/g, ' ');
  }
}
