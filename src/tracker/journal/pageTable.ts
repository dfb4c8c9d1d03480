/**
 * The decision table of the indicator area, block by block: which of a block's two copies is believed. A copy is `current`
 * (valid, and of the newest generation that is seen in its unit), `older` (valid, and its unit has newer blocks: the unit is
 * torn, or this block's write was lost), or `invalid` (corrupt, unreadable, misplaced).
 *
 *                    | current, or older    | invalid
 *   -----------------+----------------------+------------------------------
 *   current          | the newer            | the current one
 *   older            | the newer            | neither: its regions are dirty
 *   invalid          |                      | neither: its regions are dirty
 *
 * Why one copy is enough: a mark counts as durable when both copies carry it, and the two are never written at once. So
 * each copy by itself, torn or not, carries every mark that is relied on; and the newer one has what was marked and
 * cleared last. An `older` block beside an invalid one may be a torn one or one whose write was lost: it can't be told
 * what the invalid one had marked, and a recovery before this one may have counted on it.
 */
export type Believed = 'neither' | 0 | 1;

/** Generation of each copy's block (-1: invalid), and the newest generation of each copy's unit. */
export interface PageStates {
  generation: readonly [number, number];
  newestOfUnit: readonly [number, number];
}

export class PageTable {
  believed({ generation, newestOfUnit }: PageStates): Believed {
    const newer = generation[0] >= generation[1] ? 0 : 1;
    const isOtherValid = generation[1 - newer] >= 0;
    const isCurrent = generation[newer] >= 0 && generation[newer] === newestOfUnit[newer];
    return isOtherValid || isCurrent ? newer : 'neither';
  }
}
