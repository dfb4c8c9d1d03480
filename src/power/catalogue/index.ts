/**
 * All board types: the catalogue of boards described by frames, the types `dtr`, `rts` and `exec` (boards/), and how a
 * type is found, listed and printed.
 */

import { type BoardType, type BoardTypeInput, boardTypeSchema, type ReadBackKind, readBackOf } from '../boardType.js';
import { conrad, devantech, firmata, icse, kmtronic, lcus } from './byteBoards.js';
import { modbusR421a, modbusRtu } from './modbus.js';
import { scpi, scpiSiglent, denkovi16, numato, sainsmart16 } from './textBoards.js';
import { z } from 'zod';
import { PowerError } from '../errors.js';
import { lineText } from '../line.js';
import { stringify } from 'yaml';

/** The descriptions as written, before defaults. */
export const catalogueInputs: Readonly<Record<string, BoardTypeInput>> = {
  lcus,
  numato,
  kmtronic,
  devantech,
  icse,
  conrad,
  denkovi16,
  sainsmart16,
  'modbus-rtu': modbusRtu,
  'modbus-r421a': modbusR421a,
  firmata,
  scpi,
  'scpi-siglent': scpiSiglent,
};

const parsed = new Map<string, BoardType>();

/** The descriptions by name, with defaults. Each is parsed when it is asked for: a profile uses one or two of them. */
export const catalogue = {
  keys: (): string[] => Object.keys(catalogueInputs),
  get(name: string): BoardType | undefined {
    if (!Object.hasOwn(catalogueInputs, name)) return undefined;
    const type = parsed.get(name) ?? boardTypeSchema.parse(catalogueInputs[name]);
    parsed.set(name, type);
    return type;
  },
};

/** Board types without frames. */
export const builtInTypes = ['dtr', 'rts', 'exec'] as const;

/**
 * Searches `boardTypes` of the profile first, then the catalogue. Throws BAD_BOARD_TYPE: unknown type, or invalid
 * description.
 */
export function findBoardType(name: string, boardTypes: Record<string, unknown>): BoardType {
  if (Object.hasOwn(boardTypes, name)) return parseBoardType(name, boardTypes[name]);
  const type = catalogue.get(name);
  if (type !== undefined) return type;
  const known = [...catalogue.keys(), ...builtInTypes, ...Object.keys(boardTypes)].join(', ');
  throw new PowerError(
    'BAD_BOARD_TYPE',
    `board type "${name}" does not exist (known: ${known}); correct the name, or describe it under boardTypes: in the rig profile`,
  );
}

export function parseBoardType(name: string, description: unknown): BoardType {
  const parsed = boardTypeSchema.safeParse(description);
  if (parsed.success) return parsed.data;
  throw new PowerError('BAD_BOARD_TYPE', `boardTypes.${name}: ${z.prettifyError(parsed.error)}`);
}

/** One line of `relay boards`. */
export interface BoardListing {
  type: string;
  title: string;
  channels: { min: number; max: number };
  baud: number | null;
  /** `9600 8N1`; null: no frames. */
  line: string | null;
  readBack: ReadBackKind | 'depends';
  /** How reliable the description is: A several sources, B one, C from memory; `user`: from the rig profile. */
  sure: BoardType['sure'];
  /** The pulses that the board times by itself: relay off and on again, on and off again, both or none. */
  timedPulse: 'off and on' | 'off' | 'on' | 'none';
  /** Whether opening the tty drops its relays. */
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

/** The catalogue, then `boardTypes` of a rig profile. Throws BAD_BOARD_TYPE for an invalid description. */
export function listBoards(boardTypes: Record<string, unknown> = {}): BoardListing[] {
  const own = Object.entries(boardTypes).map(([name, text]) => listing(name, parseBoardType(name, text)));
  return [...catalogue.keys().map((name) => listing(name, catalogue.get(name)!)), ...others, ...own];
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

/**
 * A catalogue description under a new name, as a start for the user's own; null: no such type, or a type without
 * frames.
 */
export function ownBoardType(type: string): { name: string; description: object } | null {
  if (!Object.hasOwn(catalogueInputs, type)) return null;
  const description = { ...catalogueInputs[type] };
  // The grade belongs to the catalogue's description, not to a changed copy.
  delete description.sure;
  return { name: `my-${type}`, description };
}

/** The same as YAML for a profile; null as above. */
export function boardTypeYaml(type: string): string | null {
  const own = ownBoardType(type);
  if (own === null) return null;
  const header = [
    `# The catalogue's description of ${type} under a new name: paste it into a profile, change it there, and use its name`,
    '# in boards: { …: { type: … } }. src/power/boardType.ts describes its fields, src/power/language/template.ts and',
    '# reply.ts its frames.',
    '',
  ].join('\n');
  // The profile's loader refuses YAML aliases.
  return (
    header + stringify({ boardTypes: { [own.name]: own.description } }, { aliasDuplicateObjects: false, lineWidth: 0 })
  );
}
