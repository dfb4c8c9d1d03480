/** `plugpull plan RIG`: a dry run. Reads the profile, and of real devices what /sys says. */
import type { Command } from 'commander';
import { planRun, type RunPlan } from '../campaign/plan.js';
import { deviceNow } from '../device/deviceNow.js';
import { loadRig } from '../rig/load.js';
import { effectiveRig, type CampaignOverrides } from './effectiveRig.js';
import { formatBytes } from './progressText.js';
import { print, printJson, wholeNumber } from './options.js';

/** As the profile's own limits. */
export const CYCLES_MAX = 1_000_000;

export function addPlan(program: Command): void {
  program
    .command('plan <rig>')
    .description('dry run: what would be opened, overwritten and cut; touches nothing')
    .option('--cycles <n>', 'instead of the profile\'s', wholeNumber(1, CYCLES_MAX))
    .option('--seed <n>', 'instead of the profile\'s', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--json', 'for programs')
    .action((file: string, options: CampaignOverrides & { json?: boolean }) => {
      const plan = planRun(effectiveRig(loadRig(file), options), deviceNow);
      if (options.json) printJson(plan);
      else print(formatPlan(plan));
    });
}

function whenOf(cut: RunPlan['cycles'][number]['cuts'][number]): string {
  const time = `${cut.afterMs} ms into ${cut.during}`;
  return cut.at === undefined ? time : `at ${cut.at}, ${time} or later`;
}

function formatPlan(plan: RunPlan): string {
  const lines = [`rig ${plan.rig}: ${plan.cyclesTotal} cycles, seed ${plan.seed}, at least ${plan.secondsAtLeast} s`, '', 'devices'];
  for (const d of plan.devices) lines.push(`  ${d.area.padEnd(10)} ${d.device}${d.serial === null ? '' : ` (${d.serial})`}: ${d.fate}`);
  for (const d of plan.devices) {
    if (d.now !== null) lines.push(`  ${d.area.padEnd(10)} is ${d.now.kernelName} now, ${formatBytes(d.now.sizeBytes)}, write cache: ${d.now.writeCache}`);
    else if (!d.device.startsWith('lab:')) lines.push(`  ${d.area.padEnd(10)} is not attached now`);
  }
  lines.push('', 'rails');
  for (const r of plan.rails) lines.push(`  ${r.rail.padEnd(10)} ${r.board} channel ${r.channels.join('+')}, feeds ${r.feeds.join(', ')}`);
  lines.push('', 'order');
  for (const c of plan.cycles) {
    const cuts = c.cuts.map((cut) => `cut ${cut.rails.join('+')} ${whenOf(cut)}`);
    lines.push(`  cycle ${c.index}: ${cuts.join(', then ')}; recover, judge, resync, verify`);
  }
  if (plan.cycles.length < plan.cyclesTotal) lines.push(`  … and ${plan.cyclesTotal - plan.cycles.length} more`);
  for (const warning of plan.warnings) lines.push(`warning: ${warning}`);
  lines.push('', 'Nothing was touched.');
  return lines.join('\n');
}
