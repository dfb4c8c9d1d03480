/** Every board that is known by name. `exec`, `dtr` and `rts` are not frames and live in boards/. */

import { type BoardType, type BoardTypeInput, boardTypeSchema, type ReadBackKind, readBackOf } from '../boardType.js';
import { conrad, devantech, firmata, icse, kmtronic, lcus } from './byteBoards.js';
import { modbusR421a, modbusRtu } from './modbus.js';
import { scpi, scpiSiglent, denkovi16, numato, sainsmart16 } from './textBoards.js';
import { z } from 'zod';
import { PowerError } from '../errors.js';
import { lineText } from '../line.js';
import { stringify } from 'yaml';

/** As they are written. */
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

/** By name; read with the schema that reads a user's own. */
export const catalogue: ReadonlyMap<string, BoardType> = new Map(
  Object.entries(catalogueInputs).map(([name, input]) => [name, boardTypeSchema.parse(input)]),
);

/** (MERGED) Finds a board type by name: the rig profile's own first, then the catalogue. */

/** Board types that are not frames. */
export const builtInTypes = ['dtr', 'rts', 'exec'] as const;

/** Throws BAD_BOARD_TYPE: unknown (naming those known), or a description with mistakes (naming the fields). */
export function findBoardType(name: string, boardTypes: Record<string, unknown>): BoardType {
  if (Object.hasOwn(boardTypes, name)) return parseBoardType(name, boardTypes[name]);
  const type = catalogue.get(name);
  if (type !== undefined) return type;
  const known = [...catalogue.keys(), ...builtInTypes, ...Object.keys(boardTypes)].join(', ');
  throw new PowerError(
    'BAD_BOARD_TYPE',
    `no board type is called "${name}"; known: ${known}; or describe it under boardTypes: in the rig profile`,
  );
}

export function parseBoardType(name: string, description: unknown): BoardType {
  const parsed = boardTypeSchema.safeParse(description);
  if (parsed.success) return parsed.data;
  throw new PowerError('BAD_BOARD_TYPE', `boardTypes.${name}: ${z.prettifyError(parsed.error)}`);
}

/** (MERGED) What `relay boards` shows: every board type, what its read-back is worth, and how sure its description is. */

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

/** (MERGED) A board type of the catalogue as YAML that a profile takes: the start of a description of one's own. */

/** The description as written, with a name that the catalogue does not have; null: no such type, or none of frames. */
export function ownBoardType(type: string): { name: string; description: object } | null {
  if (!Object.hasOwn(catalogueInputs, type)) return null;
  const description = { ...catalogueInputs[type] };
  // How sure the catalogue is of a type says nothing of one that is made from it.
  delete description.sure;
  return { name: `my-${type}`, description };
}

/** To be pasted into a profile; null as above. */
export function boardTypeYaml(type: string): string | null {
  const own = ownBoardType(type);
  if (own === null) return null;
  const header = [
    `# ${type} as plugpull knows it, under a name of your own: paste it into a profile, change it there, and name it in`,
    '# boards: { …: { type: … } }. Its fields are explained in src/power/boardType.ts, its frames in',
    '# src/power/language/template.ts and reply.ts.',
    '',
  ].join('\n');
  // A profile takes no aliases.
  return (
    header + stringify({ boardTypes: { [own.name]: own.description } }, { aliasDuplicateObjects: false, lineWidth: 0 })
  );
}
