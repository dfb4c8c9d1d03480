/** The number that every stamp of a run carries: by it a sector of an earlier run is told from one of this. */
import { randomInt } from 'node:crypto';

/** `randomInt` takes ranges below 2^48: wide enough that two runs do not share a number. */
const RUN_ID_END = 2 ** 48 - 1;

/** 1 … 2^48 - 2; 0 stands for no run. */
export function newRunId(): number {
  return randomInt(1, RUN_ID_END);
}
