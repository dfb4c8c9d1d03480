/**
 * A programmable supply. It measures the voltage at its terminals, so a stuck output stage shows; the voltage falls
 * over `rampMs`. Such supplies ignore unknown commands and report them only when the host asks for errors.
 */
import { z } from 'zod';
import { asciiBytes, protocol, type Protocol } from './protocol.js';
import type { Relays } from './relays.js';

const options = z.strictObject({
  /** Voltage while on, 0.1 … 1000 V. Default 12. */
  volts: z.number().min(0.1).max(1000).default(12),
  /** Time from on to 0 V, 0 … 60000 ms. Default 0. */
  rampMs: z.number().min(0).max(60_000).default(0),
});

type Options = z.infer<typeof options>;

const LINE_BYTES_MAX = 128;

/** A parsed line; the two dialects name an output differently. */
type Request = { ask: 'identity' } | { ask: 'state' | 'voltage'; channel: number } | { set: boolean; channel: number };
type Dialect = (line: string) => Request | null;

const plain: Dialect = (line) => {
  if (line === '*IDN?') return { ask: 'identity' };
  if (/^OUTP(UT)?(:STAT(E)?)?\?$/.test(line)) return { ask: 'state', channel: 1 };
  if (/^MEAS(URE)?:VOLT(AGE)?(:DC)?\?$/.test(line)) return { ask: 'voltage', channel: 1 };
  const set = /^OUTP(?:UT)?(?::STAT(?:E)?)? (ON|OFF|1|0)$/.exec(line);
  return set === null ? null : { set: set[1] === 'ON' || set[1] === '1', channel: 1 };
};

const siglent: Dialect = (line) => {
  if (line === '*IDN?') return { ask: 'identity' };
  const measure = /^MEAS(?:URE)?:VOLT(?:AGE)?\? CH(\d)$/.exec(line);
  if (measure !== null) return { ask: 'voltage', channel: Number(measure[1]) };
  const set = /^OUTP(?:UT)? CH(\d),(ON|OFF)$/.exec(line);
  return set === null ? null : { set: set[2] === 'ON', channel: Number(set[1]) };
};

function supply(dialect: Dialect, channelsMax: number): Protocol {
  return protocol<Options>({
    channels: { min: 1, max: channelsMax },
    options,
    start(relays, settings) {
      let line = '';
      const offSinceMs = new Map<number, number>();
      const execute = (text: string, nowMs: number): string | null => {
        const request = dialect(text.trim().toUpperCase());
        if (request === null) return null;
        if ('set' in request) {
          if (relays.has(request.channel)) switchOutput(relays, request, offSinceMs, nowMs);
          return null;
        }
        if (request.ask === 'identity') return 'PLUGPULL,VIRTUAL SUPPLY,0,1.0';
        if (!relays.has(request.channel)) return null;
        if (request.ask === 'state') return relays.reported(request.channel) ? '1' : '0';
        return voltage(
          relays,
          request.channel,
          settings,
          nowMs - (offSinceMs.get(request.channel) ?? -Infinity),
        ).toFixed(3);
      };
      return {
        receive(chunk, nowMs) {
          const answers: number[][] = [];
          for (const byte of chunk) {
            if (byte !== 0x0a) {
              line = (line + String.fromCharCode(byte)).slice(-LINE_BYTES_MAX);
              continue;
            }
            const reply = execute(line, nowMs);
            if (reply !== null) answers.push(asciiBytes(`${reply}\n`));
            line = '';
          }
          return answers;
        },
      };
    },
  });
}

function switchOutput(
  relays: Relays,
  { set, channel }: { set: boolean; channel: number },
  offSinceMs: Map<number, number>,
  nowMs: number,
): void {
  if (!set && relays.isOn(channel)) offSinceMs.set(channel, nowMs);
  relays.set(channel, set);
}

function voltage(relays: Relays, channel: number, { volts, rampMs }: Options, offForMs: number): number {
  if (relays.contact(channel)) return volts;
  return offForMs >= rampMs ? 0 : volts * (1 - offForMs / rampMs);
}

export const scpi = supply(plain, 1);
export const scpiSiglent = supply(siglent, 3);
