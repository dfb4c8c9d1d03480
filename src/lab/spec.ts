/** The virtual lab as a profile describes it. Sizes in bytes, times in milliseconds. */

export type KillModel = 'keep-drop' | 'drop' | 'keep' | 'mixed';

export interface LabDiskSpec {
  name: string;
  sizeBytes: number;
  logicalBlockBytes: 512 | 4096;
  /** Channel that feeds it: `BOARD:CHANNEL` of a lab board. */
  fedBy: { board: string; channel: number };
  /** How that relay is wired: NO, it has power while the relay is on; NC, while it is off. */
  contact: 'NO' | 'NC';
  /** Volatile write cache; when full, oldest entries are made durable. */
  cacheBytes: number;
  killModel: KillModel;
  /** keep-drop: chance that an unflushed write survives. */
  keepProbability: number;
  /** Chance that an unflushed write that survives is torn at 512 bytes. */
  tearProbability: number;
  /** Supply's hold-up: the disk works on for so long after the relay has switched. */
  holdUpMs: number;
  /** The node vanishes while dark and comes back (possibly under another loop number). */
  vanish: boolean;
  /** Nothing is answered while dark. With the power back, what waited fails or is done; null: it fails at once, in the dark. */
  silent: 'fail' | 'retry' | null;
  /** Faults of the catalogue, as src/lab/ validates them; e.g. { class: 'lying-flush' }. */
  faults: Record<string, unknown>[];
}

export interface LabBoardSpec {
  name: string;
  protocol: string;
  channels: number;
  contactDelayMs: number;
  /** Quirks and misbehaviours of the peer, as src/lab/ validates them. */
  options: Record<string, unknown>;
}

export interface LabSpec {
  seed: number;
  disks: LabDiskSpec[];
  boards: LabBoardSpec[];
}
