/** Damage that recovery finds on the journal device. The list is bounded; findings beyond its end are counted. */
import type { JournalFaultClass, JournalFinding, UnlistedFindings } from '../../base/finding.js';

const FINDINGS_MAX = 100;

/** The `problem` of a block whose read the device answers with an error. */
export const UNREADABLE = 'unreadable';

/**
 * Where a write was in flight, a power cut leaves the old content, the new content or torn content, but never a read
 * error. A block that the device fails to read is always a fault of the device, as it is on P and S (`latent-error`).
 *
 * @param mayBeInFlight a write to the block may have been in flight when the power went.
 */
export function classOf(problem: string, mayBeInFlight: boolean): JournalFaultClass {
  return mayBeInFlight && problem !== UNREADABLE ? 'indicator-torn' : 'indicator-rot';
}

export class Findings {
  readonly list: JournalFinding[] = [];
  /**
   * Numbers of findings beyond the end of the list, by place and class. They weigh in the verdict as listed ones do.
   */
  readonly unlisted: UnlistedFindings[] = [];
  /** Number of all findings, listed and unlisted. Consecutive blocks with the same problem are one finding. */
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
