/**
 * `plugpull doctor [RIG]`: whether this host can run plugpull, or this rig, and the command or edit that mends each
 * problem.
 */
import type { Command } from 'commander';
import { loadRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { type Check, hostChecks, lacking, missing, ok, accessCheck } from './hostChecks.js';
import { EXIT, type SetExit } from './exitCodes.js';
import { ffiOption, type FfiName } from './options.js';
import { print, printJson } from './output.js';
import { isLabDevice, usesLab } from '../rig/schema/words.js';
import { AREA_NAMES } from '../base/areas.js';
import { checkRun, type RunCheck, type NotAsked, type Refusal } from '../campaign/runCheck.js';
import { rigHolder } from '../campaign/session/rigLock.js';
import { ttyDoubts } from '../power/preflight.js';

interface DoctorOptions {
  json?: boolean;
  ffi: FfiName;
}

export function addDoctor(program: Command, setExit: SetExit): void {
  program
    .command('doctor [rig]')
    .description('check whether this host can run a rig, and print what to install or edit')
    .option('--json', 'print JSON')
    .addOption(ffiOption())
    .action(async (file: string | undefined, options: DoctorOptions) => {
      const rig = file === undefined ? null : loadRig(file);
      const checks = [...hostChecks(options.ffi, rig), ...(rig === null ? [] : await rigChecks(rig, options.ffi))];
      if (options.json) printJson(checks);
      else print(`${formatChecks(checks)}\n\n${conclusion(checks, rig)}`);
      if (checks.some((c) => c.state === 'missing')) setExit(EXIT.invalid);
    });
}

function conclusion(checks: readonly Check[], rig: ResolvedRig | null): string {
  const count = (state: Check['state']): number => checks.filter((c) => c.state === state).length;
  const what = rig === null ? 'plugpull' : `rig ${rig.name}`;
  if (count('missing') > 0) return `${what} can't run here: ${count('missing')} missing, see "mend"`;
  return count('lacking') === 0
    ? `${what} can run here`
    : `${what} can run here; ${count('lacking')} lacking, see "mend"`;
}

function formatChecks(checks: readonly Check[]): string {
  const width = Math.max(...checks.map((c) => c.name.length));
  return checks
    .map(
      (c) =>
        `${c.state.padEnd(8)} ${c.name.padEnd(width)}  ${c.found}${c.mend === null ? '' : `\n${' '.repeat(width + 11)}mend: ${c.mend}`}`,
    )
    .join('\n');
}

/** What a rig needs beyond the host. Refusals come from the function that refuses a run; nothing is changed. */
async function rigChecks(rig: ResolvedRig, ffi: FfiName): Promise<Check[]> {
  const outlook = await checkRun(rig, { holder: rigHolder(rig.name), ffi });
  const checks = outlook.refusals
    .filter(({ what }) => what !== 'gate' && what !== 'board')
    .map((refusal) => refused(refusal, rig));
  if (usesLab(rig) && !checks.some(({ name }) => name === 'lab')) checks.push(ok('lab', labState(outlook)));
  const powerless = outlook.notAsked.filter(({ reason }) => reason === 'powerless').map(({ area }) => area);
  for (const area of AREA_NAMES) {
    if (!isLabDevice(rig[area]) && !powerless.includes(area)) checks.push(accessCheck(area, rig[area].device, 'disk'));
  }
  checks.push(...gateChecks(outlook, rig));
  for (const board of rig.boards) {
    if (board.tty.startsWith('lab:')) continue;
    const name = `board ${board.name}`;
    const access = board.tty === '' ? ok(name, 'its programs exist') : accessCheck(name, board.tty, 'dialout');
    const refusal = outlook.refusals.find((one) => one.board === board.name);
    checks.push(
      refusal === undefined
        ? access
        : missing(name, refusal.error.message, access.mend ?? `correct boards.${board.name} in ${rig.file}`),
    );
  }
  for (const { board, found, mend } of await ttyDoubts(rig.boards)) checks.push(lacking(`board ${board}`, found, mend));
  for (const w of rig.warnings) checks.push(lacking(`profile: ${w.field}`, w.text, profileEdit(w.field, rig.file)));
  return checks;
}

/** The edit that removes a warning of the profile. */
function profileEdit(field: string, file: string): string {
  const edit = (): string => {
    if (/^(primary|secondary|journal)(\.device)?$/.test(field))
      return field.endsWith('.device')
        ? `name a device on another disk in ${field}`
        : `add ${field} to powers: of the rail that feeds it`;
    if (field.endsWith('.tty')) return `write its name under /dev/serial/by-id or by-path into ${field}`;
    if (field === 'rails') return 'add a rail under rails:';
    if (field === 'campaign.cuts') return 'add a cut under campaign.cuts';
    if (/^rails\.[^.]+$/.test(field)) return `correct ${field}.channels, or fedBy: of the lab disk`;
    return `edit ${field}`;
  };
  return `in ${file}, ${edit()}; without an edit, a run shows the same warning`;
}

function labState({ lab, notAsked }: RunCheck): string {
  if (lab !== null) return 'running';
  return notAsked.some(({ reason }) => reason === 'in-use') ? 'in use' : 'not running; a run starts it';
}

const MENDS: Record<Exclude<Refusal['what'], 'gate' | 'board'>, (rig: ResolvedRig) => string> = {
  profile: (rig) => `add rails: and campaign.cuts to ${rig.file}; a run needs both`,
  rig: () => 'wait for that process to end, or end it with kill and its number',
  memory: (rig) => `write a larger regionSize into ${rig.file}, or add memory`,
  lab: (rig) => `plugpull lab down ${rig.file}`,
};

function refused({ what, error }: Refusal, rig: ResolvedRig): Check {
  return missing(
    what,
    error.message,
    what === 'gate' || what === 'board' ? 'do what the message says' : MENDS[what](rig),
  );
}

/** The safety gate's refusals, each with its next step. Reads only. Virtual disks exist only while their lab runs. */
function gateChecks({ refusals, notAsked, asked }: RunCheck, rig: ResolvedRig): Check[] {
  const gate = refusals.find(({ what }) => what === 'gate');
  const checks = notAsked
    .filter(({ reason }) => reason === 'powerless')
    .map(({ area, text }) =>
      missing(`gate: ${area}`, text, `plugpull relay on ${rig.file}, then plugpull doctor again`),
    );
  if (gate !== undefined) checks.push(...findings(gate, rig));
  else if (asked.length > 0) checks.push(ok('safety gate', `would pass: ${asked.join(', ')}`));
  const others = notAsked.filter(({ reason }) => reason !== 'powerless');
  return others.length === 0 ? checks : [...checks, ok('safety gate', notAskedText(others))];
}

function notAskedText(others: readonly NotAsked[]): string {
  const areas = others.map(({ area }) => area).join(', ');
  return others[0].reason === 'virtual'
    ? `not asked about ${areas}: ${others[0].text}`
    : `not asked: ${areas} in use by a run, which holds them exclusively`;
}

function findings({ error, findings: found }: Refusal, rig: ResolvedRig): Check[] {
  if (found.length === 0) return [missing('safety gate', error.message, 'do what the message says')];
  // A missing real disk has a check of its own.
  const others = found.filter(({ code, role }) => code !== 'GATE_MISSING' || isLabDevice(rig[role]));
  return others.map(({ role, code, found: text, nextStep }) => missing(`gate: ${role}`, `${code}: ${text}`, nextStep));
}
