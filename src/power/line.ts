/**
 * How bytes travel on a serial line. Boards of the catalogue use eight data bits, no parity and one stop bit (8N1); a
 * profile or a board description may say otherwise, word for word the same.
 */

import { z } from 'zod';

export const PARITIES = ['none', 'even', 'odd'] as const;
export const FLOW_CONTROLS = ['none', 'rts-cts', 'xon-xoff'] as const;

export const baudSchema = z.number().int().min(50).max(4_000_000).describe('Symbols a second; 50 to 4000000.');
export const paritySchema = z
  .enum(PARITIES)
  .describe('none, even or odd. Boards of Modbus that keep to its standard have even.');
export const dataBitsSchema = z
  .number()
  .int()
  .min(5)
  .max(8)
  .describe('5 to 8; with fewer than 8, no frame may hold a byte that does not fit.');
export const stopBitsSchema = z.literal([1, 2]).describe('1 or 2.');
export const flowControlSchema = z
  .enum(FLOW_CONTROLS)
  .describe(
    'none; rts-cts: by the lines of those names, which must be wired; xon-xoff: by the bytes 11 and 13, for boards that speak in words.',
  );

export interface LineSettings {
  baud: number;
  parity: (typeof PARITIES)[number];
  dataBits: number;
  stopBits: 1 | 2;
  flowControl: (typeof FLOW_CONTROLS)[number];
}

/** But for the baud rate. */
export const EIGHT_N_ONE = { parity: 'none', dataBits: 8, stopBits: 1, flowControl: 'none' } as const;

/** `9600 8N1`, `19200 8E1 rts-cts` */
export function lineText({ baud, parity, dataBits, stopBits, flowControl }: LineSettings): string {
  const flow = flowControl === 'none' ? '' : ` ${flowControl}`;
  return `${baud} ${dataBits}${parity[0].toUpperCase()}${stopBits}${flow}`;
}

/** The settings of a board type, but for what the profile says of this board. */
export function lineOf(
  type: LineSettings,
  own: { [K in keyof LineSettings]?: LineSettings[K] | undefined },
): LineSettings {
  return {
    baud: own.baud ?? type.baud,
    parity: own.parity ?? type.parity,
    dataBits: own.dataBits ?? type.dataBits,
    stopBits: own.stopBits ?? type.stopBits,
    flowControl: own.flowControl ?? type.flowControl,
  };
}
