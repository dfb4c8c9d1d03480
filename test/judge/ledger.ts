/** Reads what a history knows of its blocks. */
import type { StorageArea } from '../../src/base/areas.js';
import type { BlockState } from '../../src/judge/history/blockPages.js';
import type { WriteHistory } from '../../src/judge/history/history.js';

export function blockOf(history: WriteHistory, area: StorageArea, block: number): BlockState {
  const state: BlockState = { durable: -1, issued: -1, damaged: -1, marks: -1, acknowledged: -1 };
  history.area(area).read(block, state);
  return state;
}

/** The last `count` blocks of the area; left out: all. */
export function blocksOf(history: WriteHistory, area: StorageArea, count = history.blockCount): BlockState[] {
  return Array.from({ length: count }, (_, i) => blockOf(history, area, history.blockCount - count + i));
}
