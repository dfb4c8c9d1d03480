/** Boards and rails as a profile names them. Times in milliseconds. */
import type { AreaName } from '../base/areas.js';

export interface RailSpec {
  name: string;
  board: string;
  /** 1-based, as printed on the boards. */
  channels: number[];
  /** Which devices it feeds. */
  powers: AreaName[];
  /** The relay's contact in use: normally open (power on = relay on) or normally closed. */
  contact: 'NO' | 'NC';
  invert: boolean;
  settleMs: number;
}

export interface BoardRef {
  name: string;
  /** A board of the catalogue (`lcus`, `modbus-rtu`, …) or one described in the profile's `boardTypes`. */
  type: string;
  /** A tty path, or `lab:NAME` for a virtual board; empty for `exec`, which has none. */
  tty: string;
  channels: number;
  /** Board-specific: baud, unit address, commands of `exec`, … as src/power/ validates them. */
  options: Record<string, unknown>;
}
