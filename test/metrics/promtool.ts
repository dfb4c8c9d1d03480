import { spawnSync } from 'node:child_process';

/** promtool is in the package `prometheus` of Debian and Ubuntu. */
export const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

/** Part of a test's title, so that the list of skipped tests says what to install. */
export const needsPromtool = hasPromtool ? '' : ' (skipped: install promtool, `apt-get install prometheus`)';

export function promtool(args: string[], input?: string): { status: number | null; output: string } {
  const r = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { status: r.status, output: `${r.stdout}${r.stderr}` };
}
