/** What recovery met on the journal device; kept short however much is damaged. */

import type { JournalFaultClass, JournalFinding, UnlistedFindings } from '../../base/finding.js';

const FINDINGS_MAX = 100;

/** The `problem` of a block that the device answers with an error. */
export const UNREADABLE = 'unreadable';

/**
 * A power cut leaves the old content, the new or a torn one where a write was in flight, and never a read error: what
 * can't be read is the device's fault there as anywhere else, as it is on P and S (`latent-error`).
 *
 * @param mayBeInFlight a write to the block may have been under way when the power went.
 */
export function classOf(problem: string, mayBeInFlight: boolean): JournalFaultClass {
  return mayBeInFlight && problem !== UNREADABLE ? 'indicator-torn' : 'indicator-rot';
}

export class Findings {
  readonly list: JournalFinding[] = [];
  /** Behind the end of the list: what they are decides about a verdict as much as what the listed ones are. */
  readonly unlisted: UnlistedFindings[] = [];
  /** Findings, those behind the end of the list included; neighbors of which the same is said are one. */
  count = 0;
  private last: JournalFinding | null = null;

  add(finding: Omit<JournalFinding, 'blockIndex'> & { offsetBytes: number }): void {
    const { offsetBytes, ...rest } = finding;
    const next: JournalFinding = { ...rest, blockIndex: offsetBytes / 512 };
    const { last } = this;
    if (last !== null && follows(last, next)) {
      last.blocks = (last.blocks ?? 1) + (next.blocks ?? 1);
      return;
    }
    this.count++;
    this.last = next;
    if (this.list.length < FINDINGS_MAX) this.list.push(next);
    else this.countUnlisted(next);
  }

  clear(): void {
    this.list.length = this.unlisted.length = this.count = 0;
    this.last = null;
  }

  private countUnlisted({ where, class: name }: JournalFinding): void {
    const known = this.unlisted.find((one) => one.where === where && one.class === name);
    if (known === undefined) this.unlisted.push({ where, class: name, count: 1 });
    else known.count++;
  }
}

function follows(a: JournalFinding, b: JournalFinding): boolean {
  return (
    a.blockIndex + (a.blocks ?? 1) === b.blockIndex &&
    a.where === b.where &&
    a.problem === b.problem &&
    a.effect === b.effect &&
    a.class === b.class
  );
}
