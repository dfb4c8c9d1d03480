/**
 * Checks cuts, rails and boards: every name exists, no relay belongs to two rails, and the protocol reaches each cut
 * point.
 */

import { labName } from '../schema/words.js';
import { AREA_NAMES, STORAGE_AREAS } from '../../base/areas.js';
import { suggestWord } from '../source/nearest.js';
import type { Check } from '../issues.js';

/** USB converters are numbered in the order of discovery; the serial ports of a mainboard have fixed numbers. */
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
          rule: 'a board needs tty (only exec has none)',
          next: 'add tty: /dev/serial/by-id/… or by-path/… (plugpull relay list)',
        });
      continue;
    }
    if (NUMBERED_TTY.test(board.tty)) {
      report({
        kind: 'warning',
        path,
        rule: `${board.tty} is numbered in the order of discovery: after a reset it may be another board`,
        next: 'write its name under /dev/serial/by-id or by-path (plugpull relay list)',
      });
    }
    const taken = ttys.get(board.tty);
    if (taken !== undefined)
      report({ kind: 'error', path, rule: `is already the tty of board "${taken}"`, next: 'name another tty' });
    ttys.set(board.tty, name);
    const lab = labName(board.tty);
    const known = Object.keys(profile.lab?.boards ?? {});
    if (lab !== null && 'lab' in profile && !known.includes(lab)) {
      report({ kind: 'error', path, rule: `lab.boards has no board "${lab}"`, next: suggestWord(lab, known) });
    }
  }
};

export const checkRails: Check = (profile, report) => {
  const railOf = new Map<string, string>();
  for (const [name, rail] of Object.entries(profile.rails ?? {})) {
    const board = profile.boards?.[rail.board];
    if (board === undefined) {
      const known = Object.keys(profile.boards ?? {});
      if (profile.boards !== undefined)
        report({
          kind: 'error',
          path: ['rails', name, 'board'],
          rule: `board "${rail.board}" does not exist`,
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
          rule: `channel ${channel} does not exist on board "${rail.board}" (${board.type} with ${board.channels})`,
          next: `write 1 to ${board.channels}`,
        });
      const taken = railOf.get(key);
      if (taken !== undefined)
        report({
          kind: 'error',
          path,
          rule: `${key} already belongs to rail "${taken}"`,
          next: 'name another channel',
        });
      railOf.set(key, name);
    });
    if (new Set(rail.powers).size < rail.powers.length) {
      report({ kind: 'error', path: ['rails', name, 'powers'], rule: 'has an area twice', next: 'delete one of them' });
    }
  }
};

export const checkPowered: Check = (profile, report) => {
  if (profile.rails === undefined) return;
  const powered = new Set(Object.values(profile.rails).flatMap((r) => r.powers));
  for (const area of AREA_NAMES.filter((a) => !powered.has(a))) {
    report({ kind: 'warning', path: [area], rule: 'no rail powers it', next: 'it never loses power' });
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
      rule: 'the profile has no rails',
      next: 'nothing can be cut, so every cycle would be INVALID',
    });
  cuts.forEach((cut, i) => {
    cut.rails.forEach((rail, j) => {
      const path = ['campaign', 'cuts', i, 'rails', j];
      if (!known.includes(rail))
        report({ kind: 'error', path, rule: `rail "${rail}" does not exist`, next: suggestWord(rail, known) });
      else if (cut.rails.indexOf(rail) < j)
        report({ kind: 'error', path, rule: 'is twice in this cut', next: 'delete one of them' });
    });
  });
  if (known.length > 0 && profile.campaign?.cuts?.length === 0) {
    report({
      kind: 'warning',
      path: ['campaign', 'cuts'],
      rule: 'is empty',
      next: 'nothing is cut, so every cycle would be INVALID',
    });
  }
};

/** The cut point `flush` needs an area that is flushed. */
export const checkCutPoints: Check = (profile, report) => {
  const { rails, primary, secondary } = profile;
  if (rails === undefined || primary === undefined || secondary === undefined) return;
  (profile.campaign?.cuts ?? []).forEach((cut, i) => {
    if (cut.at !== 'flush') return;
    const cutAreas = cut.rails.flatMap((name) => (Object.hasOwn(rails, name) ? rails[name].powers : []));
    const both = { primary, secondary };
    const areas = STORAGE_AREAS.filter((area) => cutAreas.includes(area));
    const candidates = areas.length === 0 ? STORAGE_AREAS : areas;
    if (candidates.some((area) => both[area].durability === 'flush')) return;
    const rule = `the protocol never flushes ${candidates.join(' or ')}, because durability is fua`;
    report({
      kind: 'error',
      path: ['campaign', 'cuts', i, 'at'],
      rule,
      next: 'write both-completed, or set durability: flush',
    });
  });
};
