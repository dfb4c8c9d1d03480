/**
 * The far end of a virtual relay board: a byte machine that speaks one protocol as strictly as the board does.
 *
 * Promises: pure (no clock, no I/O; time comes in), one instance per board, remembers partial frames between chunks.
 * Does not: move a contact or cut power. It says what it would switch; the virtual board (board.ts) adds the contact's
 * delay and drives the rails. Implementations live in src/lab/peers/.
 */

/** A relay that moves because of what was received. */
export interface PeerSwitch {
  /** 1-based, as printed on the boards. */
  channel: number;
  on: boolean;
  /** Later than now by so much: pulses timed by the board itself. Default 0. */
  afterMs?: number;
}

/** What a board does in answer to a chunk. */
export interface PeerReaction {
  /** Written to the host one after the other; two elements may reach it in two reads. */
  reply: Uint8Array[];
  /** In the order in which the contacts move. */
  switched: PeerSwitch[];
  /** The reply leaves the board so much later (slow boards). Default 0. */
  replyAfterMs?: number;
}

export interface BoardPeer {
  /** Takes what came over the wire; a wrong frame switches nothing. `nowMs` is monotonic. */
  receive(chunk: Uint8Array, nowMs: number): PeerReaction;
  /** The host opened the tty: DTR resets boards with a bootloader (firmata). Absent: the board does not notice. */
  opened?(nowMs: number): PeerReaction;
}

export interface PeerSetup {
  channels: number;
  /** State of the relays at power-up, all alike or each; the lab starts them such that its disks have power at once. */
  initialOn: boolean | ((channel: number) => boolean);
  /** Quirks and misbehaviours as the protocol's peer validates them. */
  options: Record<string, unknown>;
}

/** Throws RangeError or TypeError for an unknown protocol, a wrong channel count or wrong options. */
export type CreatePeer = (protocol: string, setup: PeerSetup) => BoardPeer;
