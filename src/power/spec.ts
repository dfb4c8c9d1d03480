/** Boards and rails of a rig profile. Times in milliseconds. */
import type { AreaName } from '../base/areas.js';

export interface RailSpec {
  name: string;
  board: string;
  /** 1-based, as printed on the boards. */
  channels: number[];
  /** The devices that it feeds. */
  powers: AreaName[];
  /** The relay's contact in use: normally open (relay on: power on) or normally closed (relay off: power on). */
  contact: 'NO' | 'NC';
  invert: boolean;
  settleMs: number;
}

export interface BoardRef {
  name: string;
  /** A type of the catalogue (`lcus`, `modbus-rtu`, …), or one of the profile's `boardTypes`. */
  type: string;
  /** A tty path, or `lab:NAME` for a virtual board; empty for `exec`, which has none. */
  tty: string;
  channels: number;
  /** Settings of the type (baud, address, the commands of `exec`, …); boards/resolveBoard.ts validates them. */
  options: Record<string, unknown>;
}
