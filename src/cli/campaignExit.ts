/** What a campaign's end is to a shell (pure): README's table of exit codes. */
import type { CampaignResult } from '../campaign/campaignTypes.js';
import type { Run } from '../report/runRecord.js';
import { EXIT, exitCodeOf, type ExitCode } from './exitCodes.js';

export function exitOfCampaign(
  result: Pick<CampaignResult, 'problem' | 'interrupted'>,
  run: Pick<Run['run'], 'verdict' | 'troubles'>,
): ExitCode {
  if (result.problem?.kind === 'internal')
    return exitCodeOf({ code: result.problem.code }) === EXIT.refused ? EXIT.refused : EXIT.internal;
  if (result.interrupted !== null) return EXIT.interrupted;
  if (run.verdict === 'FAIL') return EXIT.fail;
  // Power that did not come back is among the troubles.
  return run.verdict === 'PASS' && run.troubles.length === 0 ? EXIT.pass : EXIT.invalid;
}
