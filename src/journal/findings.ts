/** What recovery met on the journal device; kept short however much is damaged. */

export interface JournalFinding {
  where: 'superblock' | 'log' | 'indicator-area';
  /** Block of the journal device, in 512-byte units from its start. */
  blockIndex: number;
  problem: string;
  effect: 'ignored' | 'region-range-dirty' | 'everything-dirty' | 'repaired';
  /** `indicator-rot`: it had been durable once, and the device has lost it. `indicator-torn`: it may have been in flight. */
  class: 'indicator-torn' | 'indicator-rot';
}

const FINDINGS_MAX = 100;

export class Findings {
  readonly list: JournalFinding[] = [];
  count = 0;

  add(finding: Omit<JournalFinding, 'blockIndex'> & { offsetBytes: number }): void {
    this.count++;
    const { offsetBytes, ...rest } = finding;
    if (this.list.length < FINDINGS_MAX) this.list.push({ ...rest, blockIndex: offsetBytes / 512 });
  }
}
