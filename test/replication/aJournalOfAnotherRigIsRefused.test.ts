/**
 * Promise: a journal that does not fit the profile is refused before anything is written, and the error has both
 * values.
 */
import { expect, it } from 'vitest';
import { MIB, useMirrors } from './mirror.js';

const mirrors = useMirrors();

it('a journal of another rig, another region size or another log size is refused with both values', async () => {
  const { engine, spec } = await mirrors.prepared();
  await engine.close();
  const others = [
    { ...spec, rigUuid: '99999999-89ab-4cde-8f01-23456789abcd' },
    { ...spec, tracking: { ...spec.tracking, regionBytes: 131072 } },
    { ...spec, journal: { ...spec.journal, logBytes: 2 * MIB } },
  ];
  const texts: string[] = [];
  for (const other of others) {
    await engine.open({ ...other, historyDir: null });
    await expect(engine.recover()).rejects.toMatchObject({ code: 'WRONG_JOURNAL' });
    await engine.recover().catch((e: Error) => texts.push(e.message));
    await engine.close();
  }
  expect(texts[0]).toContain('01234567-89ab-4cde-8f01-23456789abcd');
  expect(texts[0]).toContain('99999999-89ab-4cde-8f01-23456789abcd');
  expect(texts[1]).toMatch(/65536.*131072/);
  expect(texts[2]).toMatch(/1048576.*2097152/);
});

it('a journal device too small for its log and indicator area is refused before anything is written', async () => {
  const d = mirrors.devices({ journalBytes: MIB });
  const engine = await mirrors.engine();
  await expect(engine.open(mirrors.spec(d, { logBytes: 2 * MIB }))).rejects.toMatchObject({ code: 'ENGINE_DEVICE' });
});
