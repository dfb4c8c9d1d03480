/**
 * Writes the files of a run directory except the JSON lines: run.json, report, JUnit, metrics. run.json is written
 * first at the start of the run (state: running), so that a killed bench leaves what `report` needs.
 */
import { cpus, release, totalmem } from 'node:os';
import { allOf, type CampaignObserver } from '../campaign/observer.js';
import { RunClock } from '../campaign/runClock.js';
import type { CampaignResult } from '../campaign/campaignTypes.js';
import { systemClock } from '../base/systemClock.js';
import { textOf } from '../campaign/errors.js';
import type { RunDirectory } from '../campaign/record/runDirectory.js';
import { beginningSummary, runSummary, type RunContext } from '../campaign/runSummary.js';
import { writeJunit } from '../report/junit.js';
import { writeReportHtml } from '../report/html.js';
import type { Run, RunRecord } from '../report/runRecord.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { type FfiName, plugpullVersion } from './options.js';

export class RunFiles {
  readonly dir: RunDirectory;
  readonly runId: number;
  readonly observer: CampaignObserver;
  private readonly context: RunContext;
  private readonly clock = new RunClock(systemClock, processorMs);
  /** Removed history of passed cycles. */
  private readonly removed = { cycles: 0, bytes: 0 };

  constructor(dir: RunDirectory, rig: ResolvedRig, { runId, ffi }: { runId: number; ffi: FfiName }) {
    this.dir = dir;
    this.runId = runId;
    this.context = {
      plugpullVersion: plugpullVersion(),
      rig,
      runId,
      ffi,
      replay: `plugpull replay ${shellWord(dir.path)}`,
      startedAt: new Date().toISOString(),
      endedAt: null,
      host: { kernel: release(), node: process.version, cpus: cpus().length, memoryBytes: totalmem() },
      opened: null,
    };
    const own: CampaignObserver = {
      opened: (identities, report) => {
        this.context.opened = { identities, report };
        this.writeBeginning();
      },
      historyPruned: (pruned) => {
        for (const { firstCycle, lastCycle, bytes } of pruned) {
          this.removed.cycles += lastCycle - firstCycle + 1;
          this.removed.bytes += bytes;
        }
      },
    };
    this.observer = allOf([own, this.clock.observer]);
  }

  /** The devices were opened: the run has a record worth keeping. */
  get hasRecord(): boolean {
    return this.context.opened !== null;
  }

  summary(result: CampaignResult): Run {
    const run = runSummary({ ...this.context, endedAt: new Date().toISOString() }, result);
    return { run: { ...run, history: this.history(), times: this.clock.times }, cycles: result.cycles };
  }

  private history(): RunRecord['history'] {
    const { cycles, bytes } = this.removed;
    return {
      keep: this.context.rig.campaign.keepHistory,
      files: this.dir.historyFiles(),
      removedCycles: cycles,
      removedBytes: bytes,
    };
  }

  writeBeginning(): void {
    this.writeRun(beginningSummary(this.context));
  }

  /**
   * Writes each file, also after another could not be written; returns the errors. `cyclesAreComplete`: cycles.jsonl
   * has all cycles; otherwise it is written again. run.json is not written without a complete cycles.jsonl, which it
   * summarizes.
   */
  writeAll(record: Run, metricsText: string, cyclesAreComplete: boolean): string[] {
    const troubles: string[] = [];
    const attempt = (action: () => void): boolean => {
      try {
        action();
        return true;
      } catch (error) {
        troubles.push(textOf(error));
        return false;
      }
    };
    const cycles = (): void =>
      this.dir.write('cycles.jsonl', record.cycles.map((cycle) => `${JSON.stringify(cycle)}\n`).join(''));
    if (cyclesAreComplete || attempt(cycles)) attempt(() => this.writeRun(record.run));
    attempt(() => this.dir.write('report.html', writeReportHtml(record)));
    attempt(() => this.dir.write('junit.xml', writeJunit(record)));
    attempt(() => this.dir.write('metrics.prom', metricsText));
    this.dir.freeRoom();
    return troubles;
  }

  private writeRun(run: RunRecord): void {
    this.dir.write('run.json', `${JSON.stringify(run, null, 2)}\n`);
  }
}

/** Of all threads of this process. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
