/**
 * Checks the virtual lab: its boards and feeds match the profile's boards and rails, and the lab knows its faults and
 * the options of its boards.
 */

import { labName } from '../schema/words.js';
import { suggestWord } from '../source/nearest.js';
import type { Profile } from '../schema/profile.js';
import type { Check } from '../issues.js';
import { LabError } from '../../lab/errors.js';
import { parseFaults } from '../../lab/faults/spec.js';
import { createPeer, peerProtocols } from '../../lab/peers/index.js';
import { isBuildable } from './boardTypes.js';

/** The board of the profile whose tty is this lab board. */
export function userOfLabBoard(
  profile: Partial<Profile>,
  name: string,
): { name: string; type: string; channels: number } | null {
  for (const [board, spec] of Object.entries(profile.boards ?? {})) {
    if (labName(spec.tty) === name) return { name: board, type: spec.type, channels: spec.channels };
  }
  return null;
}

export const checkLabBoards: Check = (profile, report) => {
  if (profile.boards === undefined) return;
  for (const [name, board] of Object.entries(profile.lab?.boards ?? {})) {
    const path = ['lab', 'boards', name];
    const user = userOfLabBoard(profile, name);
    if (user === null) {
      if (someBoardLeadsNowhere(profile)) continue;
      for (const field of ['protocol', 'channels'] as const) {
        if (board[field] === undefined)
          report({
            kind: 'error',
            path,
            atKey: true,
            rule: `needs ${field}, because no board has the tty lab:${name}`,
            next: `add ${field}`,
          });
      }
      continue;
    }
    const described = Object.hasOwn(profile.boardTypes ?? {}, user.type);
    if (board.protocol === undefined && described) {
      report({
        kind: 'error',
        path,
        atKey: true,
        rule: `needs protocol, because ${user.type} is a type of this profile`,
        next: 'add protocol: with the catalogue type that has the same frames',
      });
    }
    if (board.protocol !== undefined && board.protocol !== user.type && !described) {
      report({
        kind: 'error',
        path: [...path, 'protocol'],
        rule: `differs from boards.${user.name}, which is a ${user.type}`,
        next: `write ${user.type}, or delete protocol`,
      });
    }
    if (board.channels !== undefined && board.channels !== user.channels) {
      report({
        kind: 'error',
        path: [...path, 'channels'],
        rule: `differs from boards.${user.name}, which has ${user.channels}`,
        next: `write ${user.channels}, or delete channels`,
      });
    }
  }
};

/** Another check reports such a board; it is probably the reason why a lab board has no user. */
function someBoardLeadsNowhere(profile: Partial<Profile>): boolean {
  return Object.values(profile.boards ?? {}).some((b) => {
    const lab = labName(b.tty);
    return lab === null ? b.tty === undefined && b.type !== 'exec' : !Object.hasOwn(profile.lab?.boards ?? {}, lab);
  });
}

export const checkLabFeeds: Check = (profile, report) => {
  for (const [name, disk] of Object.entries(profile.lab?.disks ?? {})) {
    const { board, channel } = disk.fedBy;
    const path = ['lab', 'disks', name, 'fedBy'];
    const known = Object.keys(profile.lab?.boards ?? {});
    if (!known.includes(board)) {
      report({
        kind: 'error',
        path,
        rule: `lab.boards has no board "${board}"`,
        next: suggestWord(board, known),
      });
      continue;
    }
    const channels = profile.lab?.boards[board].channels ?? userOfLabBoard(profile, board)?.channels;
    if (channels !== undefined && channel > channels)
      report({
        kind: 'error',
        path,
        rule: `channel ${channel} does not exist on board "${board}" (it has ${channels})`,
        next: `write 1 to ${channels}`,
      });
  }
};

/** A warning, not an error: a test wires a bench wrong on purpose, and its cycles must end INVALID. */
export const checkLabWiring: Check = (profile, report) => {
  for (const [railName, rail] of Object.entries(profile.rails ?? {})) {
    const labBoard = labName(profile.boards?.[rail.board]?.tty);
    for (const area of rail.powers) {
      const disk = profile.lab?.disks[labName(profile[area]?.device) ?? ''];
      if (disk === undefined) continue;
      if (disk.fedBy.board !== labBoard || !rail.channels.includes(disk.fedBy.channel)) {
        const rule = `powers ${area}, but ${disk.fedBy.board}:${disk.fedBy.channel} feeds its lab disk`;
        report({ kind: 'warning', path: ['rails', railName], rule, next: 'a cut of this rail proves nothing' });
      }
    }
  }
};

export const checkLabBehavior: Check = (profile, report) => {
  for (const [name, disk] of Object.entries(profile.lab?.disks ?? {})) {
    disk.faults.forEach((fault, i) => {
      const problem = attempt(() => parseFaults(name, [fault]));
      if (problem !== null)
        report({
          kind: 'error',
          path: ['lab', 'disks', name, 'faults', i],
          rule: problem,
          next: '`plugpull lab faults` lists the faults and their options',
        });
    });
  }
  for (const [name, board] of Object.entries(profile.lab?.boards ?? {})) {
    const user = userOfLabBoard(profile, name);
    const protocol = board.protocol ?? user?.type;
    const channels = board.channels ?? user?.channels;
    // `checkLabBoards` reports what is missing.
    if (protocol === undefined || channels === undefined) continue;
    if (board.protocol === undefined && Object.hasOwn(profile.boardTypes ?? {}, protocol)) continue;
    if (user !== null && !isBuildable(user.type, user.channels, profile.boardTypes ?? {})) continue;
    if (!peerProtocols.includes(protocol)) {
      const path = ['lab', 'boards', name, ...(board.protocol === undefined ? [] : ['protocol'])];
      report({
        kind: 'error',
        path,
        atKey: board.protocol === undefined,
        rule: `the lab has no virtual board of type "${protocol}"`,
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
        next: 'correct or delete its channels and options',
      });
  }
};

/** The error message on one line; null: no error. */
function attempt(make: () => unknown): string | null {
  try {
    make();
    return null;
  } catch (error) {
    // Any other error is a bug of plugpull, not a mistake in the profile.
    if (!(error instanceof LabError || error instanceof RangeError || error instanceof TypeError)) throw error;
    return error.message.replace(/\s*\n\s*/g, ' ');
  }
}
