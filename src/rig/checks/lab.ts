/** The virtual bench is wired as the profile says the real one is. */

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
            rule: `needs ${field}: no board has the tty lab:${name}`,
            next: 'add it',
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
        rule: `needs protocol: ${user.type} is a type of this profile's own`,
        next: 'add the protocol of the virtual board that speaks as it does',
      });
    }
    if (board.protocol !== undefined && board.protocol !== user.type && !described) {
      report({
        kind: 'error',
        path: [...path, 'protocol'],
        rule: `boards.${user.name} speaks ${user.type}`,
        next: 'make them agree',
      });
    }
    if (board.channels !== undefined && board.channels !== user.channels) {
      report({
        kind: 'error',
        path: [...path, 'channels'],
        rule: `boards.${user.name} has ${user.channels}`,
        next: 'make them agree',
      });
    }
  }
};

/** That has been said already, and is likely the reason why a lab board has no user. */
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
        rule: `there is no board '${board}' in lab.boards`,
        next: suggestWord(board, known),
      });
      continue;
    }
    const channels = profile.lab?.boards[board].channels ?? userOfLabBoard(profile, board)?.channels;
    if (channels !== undefined && channel > channels)
      report({ kind: 'error', path, rule: `${board} has channels 1 to ${channels}`, next: 'name one of these' });
  }
};

/** A miswired bench is worth a test of its own (it must end INVALID), so it is a warning. */
export const checkLabWiring: Check = (profile, report) => {
  for (const [railName, rail] of Object.entries(profile.rails ?? {})) {
    const labBoard = labName(profile.boards?.[rail.board]?.tty);
    for (const area of rail.powers) {
      const disk = profile.lab?.disks[labName(profile[area]?.device) ?? ''];
      if (disk === undefined) continue;
      if (disk.fedBy.board !== labBoard || !rail.channels.includes(disk.fedBy.channel)) {
        const rule = `says it powers ${area}, whose lab disk is fed by ${disk.fedBy.board}:${disk.fedBy.channel}`;
        report({ kind: 'warning', path: ['rails', railName], rule, next: 'a cut of this rail would prove nothing' });
      }
    }
  }
};

/** (MERGED) Faults of virtual disks and quirks of virtual boards are such as the lab knows. */

export const checkLabBehavior: Check = (profile, report) => {
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
    if (user !== null && !isBuildable(user.type, user.channels, profile.boardTypes ?? {})) continue;
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
