/** From cut to rail to board to device: every name leads somewhere, and no relay is claimed twice. */

import { labName } from '../schema/words.js';
import { AREA_NAMES, STORAGE_AREAS } from '../../base/areas.js';
import { suggestWord } from '../source/nearest.js';
import type { Check } from '../issues.js';

/** USB converters are numbered in the order in which they come up; the ports of a mainboard have their numbers for good. */
const NUMBERED_TTY = /^\/dev\/tty(?:USB|ACM|WCH\w*|XRUSB)\d+$/;

export const checkBoards: Check = (profile, report) => {
  const ttys = new Map<string, string>();
  for (const [name, board] of Object.entries(profile.boards ?? {})) {
    const path = ['boards', name, 'tty'];
    if (board.tty === undefined) {
      if (board.type !== 'exec')
        report({
          kind: 'error',
          path: path.slice(0, 2),
          atKey: true,
          rule: 'a board needs tty',
          next: 'add tty: /dev/serial/by-id/… or by-path/… (plugpull relay list); only exec has none',
        });
      continue;
    }
    if (NUMBERED_TTY.test(board.tty)) {
      report({
        kind: 'warning',
        path,
        rule: `${board.tty} is whichever USB adapter the kernel finds in that place: with two of them, or after a reset, it may be another board`,
        next: 'write its name under /dev/serial/by-id or by-path (plugpull relay list)',
      });
    }
    const taken = ttys.get(board.tty);
    if (taken !== undefined)
      report({ kind: 'error', path, rule: `is already the tty of ${taken}`, next: 'one board a tty' });
    ttys.set(board.tty, name);
    const lab = labName(board.tty);
    const known = Object.keys(profile.lab?.boards ?? {});
    if (lab !== null && 'lab' in profile && !known.includes(lab)) {
      report({ kind: 'error', path, rule: `there is no board '${lab}' in lab.boards`, next: suggestWord(lab, known) });
    }
  }
};

export const checkRails: Check = (profile, report) => {
  const claimed = new Map<string, string>();
  for (const [name, rail] of Object.entries(profile.rails ?? {})) {
    const board = profile.boards?.[rail.board];
    if (board === undefined) {
      const known = Object.keys(profile.boards ?? {});
      if (profile.boards !== undefined)
        report({
          kind: 'error',
          path: ['rails', name, 'board'],
          rule: 'there is no such board',
          next: suggestWord(rail.board, known),
        });
      continue;
    }
    rail.channels.forEach((channel, i) => {
      const path = ['rails', name, 'channels', i];
      const key = `${rail.board}:${channel}`;
      if (channel > board.channels)
        report({
          kind: 'error',
          path,
          rule: `${rail.board} has channels 1 to ${board.channels}`,
          next: 'name one of these',
        });
      const taken = claimed.get(key);
      if (taken !== undefined)
        report({ kind: 'error', path, rule: `${key} is already used by rail ${taken}`, next: 'one rail a channel' });
      claimed.set(key, name);
    });
    if (new Set(rail.powers).size < rail.powers.length) {
      report({ kind: 'error', path: ['rails', name, 'powers'], rule: 'names an area twice', next: 'delete one' });
    }
  }
};

export const checkPowered: Check = (profile, report) => {
  if (profile.rails === undefined) return;
  const powered = new Set(Object.values(profile.rails).flatMap((r) => r.powers));
  for (const area of AREA_NAMES.filter((a) => !powered.has(a))) {
    report({ kind: 'warning', path: [area], rule: 'no rail powers it', next: 'it is never cut' });
  }
};

export const checkCuts: Check = (profile, report) => {
  const cuts = profile.campaign?.cuts ?? [];
  if (profile.rails === undefined) return;
  const known = Object.keys(profile.rails);
  if (known.length === 0)
    report({
      kind: 'warning',
      path: ['rails'],
      rule: 'there are no rails',
      next: 'nothing can be cut: every cycle would be INVALID',
    });
  cuts.forEach((cut, i) => {
    cut.rails.forEach((rail, j) => {
      const path = ['campaign', 'cuts', i, 'rails', j];
      if (!known.includes(rail))
        report({ kind: 'error', path, rule: `there is no rail '${rail}'`, next: suggestWord(rail, known) });
      else if (cut.rails.indexOf(rail) < j)
        report({ kind: 'error', path, rule: 'is named twice in this cut', next: 'delete one' });
    });
  });
  if (known.length > 0 && profile.campaign?.cuts?.length === 0) {
    report({
      kind: 'warning',
      path: ['campaign', 'cuts'],
      rule: 'is empty',
      next: 'nothing is cut: every cycle would be INVALID',
    });
  }
};

/** (MERGED) A cut point is one that the profile's own settings let the protocol reach. */

export const checkCutPoints: Check = (profile, report) => {
  const { rails, primary, secondary } = profile;
  if (rails === undefined || primary === undefined || secondary === undefined) return;
  (profile.campaign?.cuts ?? []).forEach((cut, i) => {
    if (cut.at !== 'flush') return;
    const dark = cut.rails.flatMap((name) => (Object.hasOwn(rails, name) ? rails[name].powers : []));
    const both = { primary, secondary };
    const areas = STORAGE_AREAS.filter((area) => dark.includes(area));
    const candidates = areas.length === 0 ? STORAGE_AREAS : areas;
    if (candidates.some((area) => both[area].durability === 'flush')) return;
    const rule = `with durability fua ${candidates.join(' and ')} ${candidates.length > 1 ? 'are' : 'is'} never flushed`;
    report({
      kind: 'error',
      path: ['campaign', 'cuts', i, 'at'],
      rule,
      next: 'aim at both-completed, or set durability: flush',
    });
  });
};
