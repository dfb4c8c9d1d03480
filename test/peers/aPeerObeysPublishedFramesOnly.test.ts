/** A peer obeys published frames and answers them byte for byte. A damaged frame switches no relay. */

import { expect, it } from 'vitest';
import type { BoardPeer, PeerReaction } from '../../src/lab/peer.js';
import { createPeer, peerProtocols } from '../../src/lab/peers/index.js';
import { type PublishedFrame, publishedFrames } from './publishedFrames.js';

const name = ({ protocol, channels, frame }: PublishedFrame): string =>
  `${protocol} with ${channels}: ${Buffer.from(frame).toString('hex')}`;
const cases = publishedFrames.map((one) => ({ ...one, name: name(one) }));
const checked = cases.filter((one) => one.checked);

function ready({ protocol, channels, initialOn, options, first }: PublishedFrame): BoardPeer {
  const peer = createPeer(protocol, { channels, initialOn: initialOn ?? false, options: { ...options } });
  if (first !== undefined) peer.receive(first, 0);
  return peer;
}

const bytes = (reaction: PeerReaction): string => Buffer.concat(reaction.reply).toString('hex');
const moves = (reaction: PeerReaction): number[] =>
  reaction.switched.map(({ channel, on }) => (on ? channel : -channel));

it('the fixtures contain every protocol', () => {
  expect([...new Set(publishedFrames.map((one) => one.protocol))]).toEqual(peerProtocols);
});

it.each(cases)('$name gets the published answer', (one) => {
  const reaction = ready(one).receive(one.frame, 1000);
  expect(moves(reaction)).toEqual(one.moves);
  expect(bytes(reaction)).toBe(Buffer.from(one.reply).toString('hex'));
});

it.each(cases)('$name gets the published answer if it arrives byte by byte', (one) => {
  const peer = ready(one);
  const reactions = Array.from(one.frame, (byte, i) => peer.receive(Uint8Array.of(byte), 1000 + i));
  expect(reactions.flatMap(moves)).toEqual(one.moves);
  expect(reactions.map(bytes).join('')).toBe(Buffer.from(one.reply).toString('hex'));
});

it.each(checked)('$name with any one bit changed switches no relay and gets no answer', (one) => {
  for (let bit = 0; bit < one.frame.length * 8; bit += 1) {
    const damaged = Uint8Array.from(one.frame);
    damaged[bit >> 3] ^= 1 << (bit & 7);
    // The read command of lcus is the single byte FF without a checksum, so a damaged first byte may be one.
    const reaction = ready(one).receive(damaged, 1000);
    expect(moves(reaction), `bit ${bit}`).toEqual([]);
    if (one.protocol !== 'lcus') expect(bytes(reaction), `bit ${bit}`).toBe('');
  }
});

it.each(cases)('$name without its last byte switches no relay', (one) => {
  if (one.frame.length === 1) return;
  expect(moves(ready(one).receive(one.frame.subarray(0, -1), 1000))).toEqual([]);
});
