/** Fields that are text: names, references and paths. */

import { z } from 'zod';
import { refuse, type IssueParams } from './fields.js';
import { AREA_NAMES } from '../../base/areas.js';
import type { DeviceRef } from '../../blockdev/blockDevice.js';
import type { ResolvedRig } from '../resolved.js';

/** Names become file names and metric labels. */
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
/** Rail names become metric labels only; capitals are allowed because P, S and J are the usual names. */
const RAIL_NAME = /^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/;

const NAME_RULE = 'must be 1 to 32 of a-z, 0-9 and -, not beginning with -';
const RAIL_RULE = 'must be 1 to 32 letters, digits and -, not beginning with -';

/** `slip`: returns a more precise rule and next step for a refused text. */
function word(about: string, pattern: RegExp, rule: string, next: string, slip?: (text: string) => IssueParams | null) {
  return z
    .unknown()
    .meta({ description: about, type: 'string', pattern: pattern.source })
    .transform((v, ctx): string => {
      // YAML reads 0042, 1e5 and 0x50 as numbers: the text as written is lost here.
      if (typeof v === 'number') return refuse(ctx, rule, 'put it in quotes: YAML reads it as a number');
      if (typeof v === 'string' && pattern.test(v)) return v;
      const finer = (typeof v === 'string' && slip?.(v)) || { rule, next };
      return refuse(ctx, finer.rule, finer.next);
    });
}

export const name = (about: string) => word(about, NAME, NAME_RULE, 'write another name');
export const railRef = (about: string) => word(about, RAIL_NAME, RAIL_RULE, 'name a rail');

export const nameKey = z.string().regex(NAME, NAME_RULE);
export const railKey = z.string().regex(RAIL_NAME, RAIL_RULE);

/** The longest path that Linux accepts: PATH_MAX without the NUL. */
const PATH_CHARS_MAX = 4095;
const ABSOLUTE = /^\/(?!.*\/\.\.(?:\/|$)).{0,4094}$/;

export function absolutePath(about: string) {
  return word(
    about,
    ABSOLUTE,
    `must be an absolute path without .. of at most ${PATH_CHARS_MAX} characters`,
    'begin with /',
  );
}

/** No blanks: udev and device mapper write _ or \x20 instead, so a blank is a copying mistake. */
const DEVICE = /^(?:lab:[a-z0-9][a-z0-9-]{0,31}|\/dev\/(?!.*\/\.\.(?:\/|$))[^ ]{1,4090})$/;
const DEVICE_RULE = 'must be a path under /dev or lab:NAME';

export function deviceRef(about: string) {
  return word(about, DEVICE, DEVICE_RULE, 'write /dev/disk/by-id/… or lab:NAME', blankIn);
}

export function ttyRef(about: string) {
  return word(
    about,
    DEVICE,
    DEVICE_RULE,
    'write /dev/serial/by-id/… or by-path/… (plugpull relay list), or lab:NAME',
    blankIn,
  );
}

function blankIn(text: string): IssueParams | null {
  const at = text.indexOf(' ');
  return at < 0 ? null : { rule: `must contain no blank; character ${at + 1} is one`, next: 'delete it' };
}

/** Serials and WWNs are compared character by character: printable ASCII, no blanks at the ends. */
const IDENTITY = /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/;

export function identity(about: string) {
  return word(
    about,
    IDENTITY,
    'must be 1 to 128 printable ASCII characters',
    'copy it from `lsblk -o NAME,SERIAL,WWN` and quote it',
  );
}

const CHANNEL_REF = /^[a-z0-9][a-z0-9-]{0,31}:[1-9]\d{0,2}$/;

/** `relay0:1` */
export function channelRef(about: string) {
  return word(about, CHANNEL_REF, 'must be BOARD:CHANNEL, channels counted from 1', 'write it like relay0:1').transform(
    (text) => {
      const [board, channel] = text.split(':');
      return { board, channel: Number(channel) };
    },
  );
}

const LAB_PREFIX = 'lab:';

/** The NAME of `lab:NAME`; null for a real device or tty. */
export function labName(ref: string | undefined): string | null {
  return ref?.startsWith(LAB_PREFIX) ? ref.slice(LAB_PREFIX.length) : null;
}

export function isLabDevice(ref: DeviceRef): boolean {
  return labName(ref.device) !== null;
}

export function usesLab(rig: ResolvedRig): boolean {
  return AREA_NAMES.some((area) => isLabDevice(rig[area])) || rig.boards.some(({ tty }) => labName(tty) !== null);
}
