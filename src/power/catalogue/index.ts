/** Every board that is known by name. `exec`, `dtr` and `rts` are not frames and live in boards/. */

import { type BoardType, type BoardTypeInput, boardTypeSchema } from '../boardType.js';
import { lcus } from './lcus.js';
import { modbusRtu } from './modbus.js';

const inputs: Record<string, BoardTypeInput> = {
  lcus,
  'modbus-rtu': modbusRtu,
};

/** By name; read with the schema that reads a user's own. */
export const catalogue: ReadonlyMap<string, BoardType> = new Map(
  Object.entries(inputs).map(([name, input]) => [name, boardTypeSchema.parse(input)]),
);
