/** Finds a board type by name: the rig profile's own first, then the catalogue. */

import { z } from 'zod';
import { type BoardType, boardTypeSchema } from './boardType.js';
import { catalogue } from './catalogue/index.js';
import { PowerError } from './errors.js';

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
