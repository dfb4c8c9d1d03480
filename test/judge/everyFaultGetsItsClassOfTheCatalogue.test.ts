import { describe, expect, it } from 'vitest';
import { stampSector } from '../../src/workload/stamp.js';
import { Medium, RUN } from './medium.js';

const NONE = (): boolean => false;

describe('the class of a fault', () => {
  it('lost-write: a flushed write is missing and later ones are there', () => {
    const m = new Medium(64);
    for (let b = 0; b < 10; b++) m.write(b, 1, 'durable');
    m.write(10, 2, 'durable', NONE);
    for (let b = 12; b < 40; b++) m.write(b, 1, 'durable');
    const { counts, samples } = m.judge();
    expect(counts.faults).toEqual({ 'lost-write': 16 });
    expect(samples[0]).toEqual({
      area: 'primary',
      lba: 80,
      class: 'lost-write',
      expected: 'update 11',
      found: 'update 0 for LBA 80',
    });
  });

  it('lying-flush: the youngest flushed writes are missing in bulk; one lost long before is a lost-write', () => {
    const m = new Medium(256);
    m.write(200, 1, 'durable', NONE);
    for (let b = 0; b < 150; b++) m.write(b, 1, 'durable');
    for (let b = 150; b < 190; b++) m.write(b, 1, 'durable', b % 2 === 0 ? NONE : undefined);
    expect(m.judge().counts.faults).toEqual({ 'lying-flush': 160, 'lost-write': 8 });
  });

  it('ignored-fua: the youngest are missing in bulk, and all of them were written with FUA', () => {
    const m = new Medium(256);
    for (let b = 0; b < 150; b++) m.write(b, 1, 'durable');
    for (let b = 150; b < 180; b++) m.write(b, 1, 'fua', NONE);
    const { counts, samples } = m.judge();
    expect(counts.faults).toEqual({ 'ignored-fua': 240 });
    expect(samples.length).toBe(100);
    expect(new Set(samples.map((s) => s.class))).toEqual(new Set(['ignored-fua']));
  });

  it('torn-durable: a flushed write is partly old', () => {
    const m = new Medium(16);
    m.write(2, 3, 'durable', (s) => s < 3 || s > 18);
    expect(m.judge().counts).toMatchObject({ faults: { 'torn-durable': 16 }, legal: { current: 112 } });
  });

  it.each([true, false])('bit-corruption: bits are flipped (raw bytes available: %s)', (withBytes) => {
    const m = new Medium(16);
    m.write(2, 1, 'durable');
    m.sector(17)[100]! ^= 0x24;
    m.sector(90)[300]! ^= 0x01;
    expect(m.judge(withBytes).counts.faults).toEqual({ 'bit-corruption': 2 });
  });

  it('bit-corruption: even if bits of the magic or of the update id are flipped', () => {
    const m = new Medium(16);
    m.write(2, 1, 'durable');
    m.sector(17)[1]! ^= 0x80;
    m.sector(18)[25]! ^= 0x10;
    expect(m.judge().counts.faults).toEqual({ 'bit-corruption': 2 });
  });

  it('stuck-bits: the same bits are wrong in many sectors', () => {
    const stuck = new Medium(16);
    stuck.write(2, 2, 'durable');
    for (let lba = 16; lba < 24; lba++) for (let i = 0; i < 512; i++) stuck.sector(lba)[i]! |= 0x04;
    expect(stuck.judge().counts.faults).toEqual({ 'stuck-bits': 8 });
    const flipped = new Medium(16);
    for (let lba = 16; lba < 21; lba++) flipped.sector(lba)[200]! ^= 0x11;
    const { counts, samples } = flipped.judge();
    expect(counts.faults).toEqual({ 'stuck-bits': 5 });
    expect(samples.every((s) => s.class === 'stuck-bits')).toBe(true);
  });

  it.each([49, 51, 60, 200, 480, 511])(
    'shorn: the first %i bytes of a sector belong to the write in flight',
    (newBytes) => {
      const m = new Medium(16);
      m.write(2, 1, 'durable');
      const old = Buffer.from(m.sector(17));
      m.write(2, 1, 'inFlight');
      old.copy(m.sector(17), newBytes, newBytes);
      const { counts, samples } = m.judge();
      expect(counts.faults).toEqual({ shorn: 1 });
      expect(samples[0]!.found).toMatch(/bytes of update 2, then something else/);
    },
  );

  it.each([8, 20, 30, 40])('shorn: even if the cut was within the header, after %i bytes', (newBytes) => {
    const m = new Medium(16);
    m.write(2, 1, 'durable');
    const old = Buffer.from(m.sector(17));
    m.write(2, 1, 'inFlight');
    old.copy(m.sector(17), newBytes, newBytes);
    expect(m.judge().counts.faults).toEqual({ shorn: 1 });
  });

  it('garbage and collateral: noise in a block with a write in flight, and in any other block', () => {
    const m = new Medium(16);
    m.write(2, 1, 'inFlight');
    m.write(5, 1, 'durable');
    m.noise(18);
    m.noise(24);
    m.noise(40);
    expect(m.judge().counts.faults).toEqual({ garbage: 1, collateral: 2 });
    expect(m.judge(false).counts.faults).toEqual({ garbage: 1, collateral: 2 });
  });

  it('misdirected-write: the right data at the wrong place; the target is lost', () => {
    const m = new Medium(16);
    for (let b = 0; b < 3; b++) m.write(b, 1, 'durable');
    m.write(4, 1, 'durable', NONE);
    const elsewhere = new Medium(16);
    for (let i = 0; i < 3; i++) elsewhere.write(9, 1, 'durable');
    elsewhere.write(4, 1, 'durable');
    elsewhere.bytes.copy(m.bytes, 10 * 4096, 4 * 4096, 5 * 4096);
    expect(m.judge().counts.faults).toEqual({ 'lost-write': 8, 'misdirected-write': 8 });
  });

  it('foreign: a stamp of another run, or of an update never issued', () => {
    const m = new Medium(16);
    const stamp = { runId: RUN + 1, lba: 30, updateId: 0, transactionId: 0, sectorIndex: 0, sectorCount: 1 };
    stampSector(m.sector(30), 0, stamp);
    stampSector(m.sector(31), 0, { ...stamp, runId: RUN, lba: 31, updateId: 99 });
    expect(m.judge().counts.faults).toEqual({ foreign: 2 });
  });

  it('region-loss and latent-error: zeros, and sectors that can’t be read, few or a mebibyte', () => {
    const m = new Medium(600);
    m.bytes.fill(0, 0, 4096);
    m.unreadable.add(100);
    for (let lba = 200; lba < 200 + 2048; lba++) m.unreadable.add(lba);
    expect(m.judge().counts.faults).toEqual({ 'region-loss': 8 + 2048, 'latent-error': 1 });
  });

  it('stale-read and misdirected-read: a sector is wrong once and right when read again', () => {
    const m = new Medium(16);
    const base = Buffer.from(m.bytes);
    m.write(3, 1, 'durable');
    m.write(7, 1, 'durable');
    for (let lba = 24; lba < 32; lba++) m.onReread.set(lba, Buffer.from(m.sector(lba)));
    for (let lba = 56; lba < 64; lba++) m.onReread.set(lba, Buffer.from(m.sector(lba)));
    base.copy(m.bytes, 3 * 4096, 3 * 4096, 4 * 4096);
    base.copy(m.bytes, 7 * 4096, 9 * 4096, 10 * 4096);
    const { counts, suspects } = m.judge();
    expect(suspects.length).toBe(16);
    expect(counts).toMatchObject({ faults: { 'stale-read': 8, 'misdirected-read': 8 }, legal: { current: 128 } });
  });
});
