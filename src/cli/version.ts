import { readFileSync } from 'node:fs';

/** From package.json, which lies above both src/cli and dist/cli. */
export function plugpullVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
