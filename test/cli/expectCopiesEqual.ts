/** What must hold after a bench was killed, whatever it was doing. */
import { expect } from 'vitest';
import { cli } from './cli.js';

/** `resync` needs nothing but the disks; after it P and S are equal. */
export async function expectResyncMakesCopiesEqual(file: string, env: Record<string, string>): Promise<void> {
  const resynced = await cli(['resync', file, '--json'], { env });
  expect(resynced.code, resynced.stderr).toBe(0);
  expect(JSON.parse(resynced.stdout)).toMatchObject({ resync: { complete: true, remainingRegions: 0 } });
  const verified = await cli(['verify', file, '--json'], { env });
  expect(verified.code, verified.stderr).toBe(0);
  expect(JSON.parse(verified.stdout)).toMatchObject({ equal: true });
}
