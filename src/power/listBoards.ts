/** What `relay boards` shows: every board type, what its read-back is worth, and how sure its description is. */

import { type BoardType, type ReadBackKind, readBackOf } from './boardType.js';
import { catalogue } from './catalogue/index.js';
import { parseBoardType } from './findBoardType.js';
import { lineText } from './line.js';

export interface BoardListing {
  type: string;
  title: string;
  channels: { min: number; max: number };
  baud: number | null;
  /** `9600 8N1`; null: no frames. */
  line: string | null;
  readBack: ReadBackKind | 'depends';
  /** A several sources agree, B one, C recalled; `user`: the rig profile's own. */
  sure: BoardType['sure'];
  /** Times a cut by itself: a rail of this contact can be pulsed without the host. */
  timedPulse: 'off and on' | 'off' | 'on' | 'none';
  /** Opening the tty drops its relays. */
  resetsOnOpen: boolean;
  options: Record<string, { default: number; min: number; max: number }>;
  usb: string[];
}

const withoutFrames = {
  baud: null,
  line: null,
  sure: 'A',
  timedPulse: 'none',
  resetsOnOpen: false,
  options: {},
  usb: [],
} as const;

const others: BoardListing[] = [
  { ...withoutFrames, type: 'dtr', title: 'the DTR line of a tty', channels: { min: 1, max: 1 }, readBack: 'none' },
  { ...withoutFrames, type: 'rts', title: 'the RTS line of a tty', channels: { min: 1, max: 1 }, readBack: 'none' },
  {
    ...withoutFrames,
    type: 'exec',
    title: 'commands of your own for on, off and state',
    channels: { min: 1, max: 64 },
    readBack: 'depends',
    sure: 'user',
  },
].map((listing) => ({ ...listing, options: {}, usb: [] }) as BoardListing);

/** The catalogue, then `boardTypes` of a rig profile. Throws BAD_BOARD_TYPE for one with mistakes. */
export function listBoards(boardTypes: Record<string, unknown> = {}): BoardListing[] {
  const own = Object.entries(boardTypes).map(([name, text]) => listing(name, parseBoardType(name, text)));
  return [...[...catalogue].map(([name, type]) => listing(name, type)), ...others, ...own];
}

function listing(name: string, type: BoardType): BoardListing {
  return {
    type: name,
    title: type.title,
    channels: type.channels,
    baud: type.baud,
    line: lineText(type),
    readBack: readBackOf(type),
    sure: type.sure,
    timedPulse: timedPulse(type),
    resetsOnOpen: type.boot !== undefined,
    options: type.options,
    usb: type.usb,
  };
}

function timedPulse({ pulse }: BoardType): BoardListing['timedPulse'] {
  if (pulse?.on !== undefined) return pulse.off === undefined ? 'on' : 'off and on';
  return pulse?.off === undefined ? 'none' : 'off';
}
