/** What recovery met on the journal device; kept short however much is damaged. */

export interface JournalFinding {
  where: 'superblock' | 'log' | 'indicator-area';
  /** Block of the journal device, in 512-byte units from its start. */
  blockIndex: number;
  problem: string;
  effect: 'ignored' | 'region-range-dirty' | 'everything-dirty' | 'repaired';
}

const FINDINGS_MAX = 100;

export class Findings {
  readonly list: JournalFinding[] = [];
  count = 0;

  add(where: JournalFinding['where'], offsetBytes: number, problem: string, effect: JournalFinding['effect']): void {
    this.count++;
    if (this.list.length < FINDINGS_MAX) this.list.push({ where, blockIndex: offsetBytes / 512, problem, effect });
  }
}
