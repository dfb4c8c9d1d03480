/**
 * Settings of a serial line. Boards of the catalogue use eight data bits, no parity and one stop bit (8N1); a profile
 * or a board description overrides them with these fields.
 */

import { z } from 'zod';

export const PARITIES = ['none', 'even', 'odd'] as const;
export const FLOW_CONTROLS = ['none', 'rts-cts', 'xon-xoff'] as const;

export const baudSchema = z
  .number()
  .int()
  .min(50)
  .max(4_000_000)
  .describe('Baud rate; 50 to 4000000; default: of the board type.');
export const paritySchema = z
  .enum(PARITIES)
  .describe('Parity; none, even or odd; default: of the board type. The Modbus standard prescribes even.');
export const dataBitsSchema = z
  .number()
  .int()
  .min(5)
  .max(8)
  .describe('Data bits; 5 to 8; default: of the board type. Every byte of a frame must fit.');
export const stopBitsSchema = z.literal([1, 2]).describe('Stop bits; 1 or 2; default: of the board type.');
export const flowControlSchema = z
  .enum(FLOW_CONTROLS)
  .describe(
    'Flow control; none, rts-cts (RTS and CTS must be wired) or xon-xoff (bytes 11 and 13, for text protocols only); default: of the board type.',
  );

export interface LineSettings {
  baud: number;
  parity: (typeof PARITIES)[number];
  dataBits: number;
  stopBits: 1 | 2;
  flowControl: (typeof FLOW_CONTROLS)[number];
}

/** All settings except the baud rate. */
export const EIGHT_N_ONE = { parity: 'none', dataBits: 8, stopBits: 1, flowControl: 'none' } as const;

/** `9600 8N1`, `19200 8E1 rts-cts` */
export function lineText({ baud, parity, dataBits, stopBits, flowControl }: LineSettings): string {
  const flow = flowControl === 'none' ? '' : ` ${flowControl}`;
  return `${baud} ${dataBits}${parity[0].toUpperCase()}${stopBits}${flow}`;
}

/** The settings of a board type, with those that the profile overrides for one board. */
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
