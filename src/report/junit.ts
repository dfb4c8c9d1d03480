/**
 * A run as JUnit XML for a CI system: one test case per cycle, and one for the campaign. FAIL is a failure. INVALID is
 * an error: neither a pass, nor a skip that a CI system would ignore.
 */
import imported, { type Builder, type TestSuite } from 'junit-report-builder';
import { cycleFigures, formatPercent } from './figures.js';
import { firstReasons, inBrief } from './findingText.js';
import type { CycleRecord, Run, RunRecord } from './runRecord.js';

/** The package is CommonJS with `module.exports = builder`; its types declare a default export instead. */
const junitReportBuilder = imported as unknown as Builder;

/** XML 1.0 cannot represent these characters, not even escaped; text from devices may contain them. */
// eslint-disable-next-line no-control-regex
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

/** Reasons in the body of a test case; its message is the first reason. */
const REASONS_SHOWN = 20;

function xmlText(text: string): string {
  return text.replace(NOT_XML, '\ufffd');
}

function reasonsText(cycle: CycleRecord): string {
  const lines = firstReasons(cycle.reasons, (r) => `${r.code} (${r.rule}): ${r.text}`, REASONS_SHOWN);
  const samples = (cycle.judge?.samples ?? []).slice(0, 10);
  for (const s of samples) lines.push(`${s.area} LBA ${s.lba}: ${s.class}: expected ${s.expected}, found ${s.found}`);
  return xmlText(lines.join('\n'));
}

function addCycle(suite: TestSuite, rig: string, cycle: CycleRecord): void {
  const name = `cycle ${cycle.index}: cut ${cycle.rails.join('+')} during ${cycle.during}`;
  const testCase = suite
    .testCase()
    .className(xmlText(`plugpull.${rig}`))
    .name(xmlText(name));
  testCase.time(cycleFigures(cycle).totalMs / 1000);
  const message = xmlText(inBrief(cycle.reasons[0]?.text ?? cycle.verdict));
  const type = cycle.reasons[0]?.code ?? cycle.verdict;
  if (cycle.verdict === 'FAIL') testCase.failure(message, type).stacktrace(reasonsText(cycle));
  if (cycle.verdict === 'INVALID') testCase.error(message, type, reasonsText(cycle));
}

/** The test case of the campaign, for troubles outside of the cycles. */
function addCampaign(suite: TestSuite, run: RunRecord): void {
  const testCase = suite
    .testCase()
    .className(xmlText(`plugpull.${run.rig.name}`))
    .name('campaign');
  const bound = `failure rate below ${formatPercent(run.failureRateUpperBound)} (95 % confidence)`;
  testCase.standardOutput(xmlText(`${run.verdict}; ${bound}\nreplay: ${run.replay}`));
  const troubles = [...(run.interrupted ? ['interrupted'] : []), ...run.troubles];
  const empty = run.counts.PASS + run.counts.FAIL + run.counts.INVALID === 0;
  if (empty) troubles.push('no cycle was completed');
  if (troubles.length > 0) testCase.error(xmlText(troubles[0]!), 'CAMPAIGN', xmlText(troubles.join('\n')));
}

export function writeJunit({ run, cycles }: Run): string {
  const builder = junitReportBuilder.newBuilder();
  const suite = builder
    .testSuite()
    .name(xmlText(`plugpull ${run.rig.name}`))
    .timestamp(new Date(run.startedAt));
  suite.property('seed', String(run.seed));
  suite.property('plugpull', xmlText(run.plugpull));
  suite.property('replay', xmlText(run.replay));
  for (const cycle of cycles) addCycle(suite, run.rig.name, cycle);
  addCampaign(suite, run);
  return builder.build();
}
