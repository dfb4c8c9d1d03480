/**
 * The decision table of the indicator area, block by block: which of a block's two copies are believed. A copy is
 * `current` (valid, and of the newest generation that is seen in its unit), `older` (valid, and its unit has newer blocks:
 * the unit is torn, or this block's write was lost), or `invalid` (corrupt, unreadable, misplaced).
 *
 *                  | current              | older                               | invalid
 *   ---------------+----------------------+-------------------------------------+------------------------------
 *   current        | both                 | the current one if it is the newer, | the current one
 *                  |                      | else both                           |
 *   older          |                      | both                                | neither: its regions are dirty
 *   invalid        |                      |                                     | neither: its regions are dirty
 *
 * Why one copy is enough: a mark counts as durable when both copies carry it, and the two are never written at once; so
 * each copy by itself, torn or not, carries every mark that is relied on. `Both` means that a bit set in either counts:
 * it costs what was cleared a moment ago, and covers a copy whose whole unit was not written although it was reported
 * durable. An `older` block beside an invalid one may be that, or a torn unit: it can't be told, and is not believed.
 */
export type Believed = 'both' | 'neither' | 0 | 1;

/** Generation of each copy's block (-1: invalid), and the newest generation of each copy's unit. */
export interface PageStates {
  generation: readonly [number, number];
  newestOfUnit: readonly [number, number];
}

export class PageTable {
  believed({ generation, newestOfUnit }: PageStates): Believed {
    const isValid = generation.map((g) => g >= 0);
    const isCurrent = generation.map((g, copy) => g >= 0 && g === newestOfUnit[copy]);
    for (const copy of [0, 1] as const) {
      const other = (1 - copy) as 0 | 1;
      if (!isValid[other]) return isCurrent[copy] ? copy : 'neither';
    }
    for (const copy of [0, 1] as const) {
      const other = (1 - copy) as 0 | 1;
      if (isCurrent[copy] && !isCurrent[other] && generation[copy] > generation[other]) return copy;
    }
    return 'both';
  }
}
