/**
 * A byte stream to a board, and its control lines. What board code sees of a tty; tests put a pty or a list behind it.
 */

import type { LineSettings } from '../line.js';

/** What is left out of the line's settings is as in 8N1. */
export interface WireSettings extends Pick<LineSettings, 'baud'>, Partial<Omit<LineSettings, 'baud'>> {
  tty: string;
  hangUpOnClose: boolean;
  /** Who holds the tty, for the lock file that others read. */
  rigName: string;
  /** Where lock files lie. */
  runtimeDir: string;
  /** For one question: whoever wants the tty meanwhile waits instead of being turned away. */
  brief?: boolean;
}

export interface Wire {
  /** Resolves with the monotonic ns at which the kernel had taken the last byte. Rejects with `PowerError`. */
  write(bytes: Uint8Array): Promise<number>;
  /** Called with whatever arrives; one listener. */
  onData(listener: (chunk: Uint8Array) => void): void;
  /** Called once if the tty goes away. */
  onLost(listener: (error: Error) => void): void;
  /** Resolves with the monotonic ns after the ioctl. */
  setLines(lines: { dtr: boolean; rts: boolean }): Promise<number>;
  close(): Promise<void>;
}

export type OpenWire = (settings: WireSettings) => Promise<Wire>;
