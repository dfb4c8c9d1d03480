/**
 * The peer of a virtual relay board: a byte machine that speaks one protocol as strictly as the board does.
 *
 * Promises: pure (no clock, no I/O; the caller passes the time), one instance per board, keeps partial frames between
 * chunks.
 * Does not: move a contact or cut power. It returns which relays switch; the virtual board (board.ts) adds the delay of
 * the contact and drives the rails. src/lab/peers/ has the implementations.
 */

/** A relay that switches. */
export interface PeerSwitch {
  /** 1-based, as printed on the boards. */
  channel: number;
  on: boolean;
  /** Delay, for pulses that the board times itself. Default 0. */
  afterMs?: number;
}

/** What a board does after a chunk. */
export interface PeerReaction {
  /** Sent to the host one after the other; the host may read each by itself. */
  reply: Uint8Array[];
  /** In the order in which the contacts move. */
  switched: PeerSwitch[];
  /** Delay of the reply, for slow boards. Default 0. */
  replyAfterMs?: number;
}

export interface BoardPeer {
  /** Takes received bytes; a wrong frame switches nothing. `nowMs` is monotonic. */
  receive(chunk: Uint8Array, nowMs: number): PeerReaction;
  /** The host has opened the tty: DTR resets boards with a bootloader (firmata). Absent: opening has no effect. */
  opened?(nowMs: number): PeerReaction;
}

export interface PeerSetup {
  channels: number;
  /** State of the relays at power-up. The lab chooses it so that its disks have power at once. */
  initialOn: boolean | ((channel: number) => boolean);
  /** Quirks and misbehavior, as the protocol's peer checks them. */
  options: Record<string, unknown>;
}

/** Throws RangeError or TypeError for an unknown protocol, a wrong channel count or wrong options. */
export type CreatePeer = (protocol: string, setup: PeerSetup) => BoardPeer;
