/** Builds `run.json` from the result of a campaign. */
import { AREA_NAMES, type AreaName } from '../base/areas.js';
import { campaignVerdict } from '../judge/verdict/verdict.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import type { DeviceIdentity } from '../blockdev/blockDevice.js';
import type { OpenReport } from '../replication/replicationEngine.js';
import { RUN_SCHEMA_VERSION, type RunRecord } from '../report/runRecord.js';
import type { ResolvedRig } from '../rig/resolved.js';
import type { CampaignResult } from './campaignTypes.js';

export interface RunContext {
  plugpullVersion: string;
  rig: ResolvedRig;
  runId: number;
  ffi: FfiName;
  replay: string;
  startedAt: string;
  endedAt: string | null;
  host: Pick<RunRecord['host'], 'kernel' | 'node' | 'cpus' | 'memoryBytes'>;
  /** null: the devices were not opened. */
  opened: { identities: Record<AreaName, DeviceIdentity>; report: OpenReport } | null;
}

/** `run.json` before there is a result: no cycle, and therefore no PASS. */
export function beginningSummary(context: RunContext): RunRecord {
  return { ...runSummary(context, { cycles: [], interrupted: null, problem: null, troubles: [] }), state: 'running' };
}

export function runSummary(context: RunContext, result: CampaignResult): RunRecord {
  const { rig, opened } = context;
  const { verdict, counts, failureRateUpperBound } = campaignVerdict(result.cycles.map((c) => c.verdict));
  const isComplete =
    result.problem === null && result.interrupted === null && result.cycles.length >= rig.campaign.cycles;
  return {
    schemaVersion: RUN_SCHEMA_VERSION,
    state: 'ended',
    plugpull: context.plugpullVersion,
    rig: { name: rig.name, file: rig.file },
    seed: rig.campaign.seed,
    runId: context.runId,
    replay: context.replay,
    startedAt: context.startedAt,
    endedAt: context.endedAt,
    host: { ...context.host, io: opened?.report.io ?? null, ffi: context.ffi },
    devices: opened === null ? [] : AREA_NAMES.map((area) => deviceRecord(area, opened.identities[area])),
    cyclesPlanned: rig.campaign.cycles,
    // A campaign that ran only in part is not a PASS, even if each of its cycles passed.
    verdict: verdict === 'PASS' && !isComplete ? 'INVALID' : verdict,
    counts,
    failureRateUpperBound,
    interrupted: result.interrupted !== null,
    troubles: troublesOf(result),
  };
}

function deviceRecord(area: AreaName, d: DeviceIdentity): RunRecord['devices'][number] {
  const { path, sizeBytes, logicalBlockBytes, writeCache, model, serial, wwn, backingFile } = d;
  return { area, path, sizeBytes, logicalBlockBytes, writeCache, model, serial, wwn, backingFile };
}

function troublesOf(result: CampaignResult): string[] {
  const first: string[] = [];
  if (result.problem !== null)
    first.push(`${result.problem.kind} failure ${result.problem.code}: ${result.problem.text}`);
  if (result.interrupted !== null) {
    const { cycle, phase } = result.interrupted;
    first.push(
      cycle < 0 ? `interrupted in ${phase}, before the first cycle` : `interrupted in cycle ${cycle}, ${phase}`,
    );
  }
  return [...first, ...result.troubles];
}
