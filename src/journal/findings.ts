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

/** So many of one place and class that the list has no room for. */
export interface UnlistedFindings {
  where: JournalFinding['where'];
  class: JournalFinding['class'];
  count: number;
}

export class Findings {
  readonly list: JournalFinding[] = [];
  /** Behind the end of the list: what they are decides about a verdict as much as what the listed ones are. */
  readonly unlisted: UnlistedFindings[] = [];
  count = 0;

  add(finding: Omit<JournalFinding, 'blockIndex'> & { offsetBytes: number }): void {
    this.count++;
    const { offsetBytes, ...rest } = finding;
    if (this.list.length < FINDINGS_MAX) this.list.push({ ...rest, blockIndex: offsetBytes / 512 });
    else this.countUnlisted(rest);
  }

  private countUnlisted({ where, class: name }: Pick<JournalFinding, 'where' | 'class'>): void {
    const known = this.unlisted.find((one) => one.where === where && one.class === name);
    if (known === undefined) this.unlisted.push({ where, class: name, count: 1 });
    else known.count++;
  }
}
