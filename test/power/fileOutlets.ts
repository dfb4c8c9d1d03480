/**
 * A power distribution unit of shell scripts. Each outlet is a file with `on` or `off`; a log has each begin and end.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface FileOutlets {
  /** Options of the `exec` board. */
  options: Record<string, unknown>;
  /** State of each outlet, by channel. */
  outlets(): Record<string, string>;
  /** `begin off 2`, `end off 2`, … in order. */
  log(): string[];
}

export interface OutletScripts {
  channels: number;
  /** Shell commands that replace the default ones. `$F` is the file of the outlet, `$1` its channel. */
  off?: string;
  on?: string;
  timeoutMs?: number;
  more?: Record<string, unknown>;
}

export function fileOutlets(dir: string, scripts: OutletScripts): FileOutlets {
  mkdirSync(dir, { recursive: true });
  const channels = Array.from({ length: scripts.channels }, (_, i) => String(i + 1));
  const file = (channel: string): string => path.join(dir, channel);
  const log = path.join(dir, 'log');
  for (const channel of channels) writeFileSync(file(channel), 'on');
  writeFileSync(log, '');
  const command = (word: 'on' | 'off', script: string): string[] => {
    const program = path.join(dir, `${word}.sh`);
    writeFileSync(
      program,
      `F="${dir}/$1"\necho "begin ${word} $1" >> "${log}"\n${script}\necho "end ${word} $1" >> "${log}"\n`,
    );
    return ['sh', program, '{channel}'];
  };
  return {
    options: {
      on: command('on', scripts.on ?? 'printf on > "$F"'),
      off: command('off', scripts.off ?? 'printf off > "$F"'),
      state: ['cat', path.join(dir, '{channel}')],
      stateWithinMs: 100,
      timeoutMs: scripts.timeoutMs ?? 60_000,
      ...scripts.more,
    },
    outlets: () => Object.fromEntries(channels.map((channel) => [channel, readFileSync(file(channel), 'utf8')])),
    log: () => readFileSync(log, 'utf8').trimEnd().split('\n'),
  };
}
