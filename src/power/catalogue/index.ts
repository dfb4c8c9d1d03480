/** Every board that is known by name. `exec`, `dtr` and `rts` are not frames and live in boards/. */

import { type BoardType, type BoardTypeInput, boardTypeSchema } from '../boardType.js';
import { conrad, devantech, firmata, icse, kmtronic } from './byteBoards.js';
import { lcus } from './lcus.js';
import { modbusR421a, modbusRtu } from './modbus.js';
import { scpi, scpiSiglent } from './scpi.js';
import { denkovi16, numato, sainsmart16 } from './textBoards.js';

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
