/**
 * Renders every template of a board description with plausible numbers, so that a mistake shows when the profile is
 * read and not at the first cut. It finds wrong syntax, unknown names and numbers that cannot fit. It cannot find a
 * frame that the board does not understand.
 */

import { toHex } from './hex.js';
import { renderFrame, evaluate, type Values } from './language/frame.js';
import { compileReply } from './language/reply.js';
import { TemplateError } from './language/template.js';

export interface TemplateProblem {
  path: (string | number)[];
  message: string;
}

interface StepLike {
  send: string;
  expect?: string[];
}

/** The parts of a description that hold templates; declared here because the schema imports this file. */
export interface Templated {
  channels: { min: number; max: number };
  dataBits: number;
  options: Record<string, { default: number }>;
  boot?: { expect: string[]; ask?: string };
  sync?: StepLike;
  open: StepLike[];
  openEachChannel: StepLike[];
  once: StepLike[];
  identify?: StepLike;
  refused?: string[];
  set: { on: StepLike; off: StepLike } | { mask: StepLike };
  setAll?: { on: StepLike; off: StepLike };
  read?: (StepLike & { per: 'channel' | 'board'; forChannels?: { max: number } })[];
  measure?: StepLike & { onAtLeast: number | string; offAtMost: number | string };
  pulse?: { on?: StepLike; off?: StepLike; unitsMax: number };
}

type Path = (string | number)[];

/** All problems, each with the path of its field. */
export function checkTemplates(type: Templated): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  const attempt = (path: Path, use: () => unknown): void => {
    try {
      use();
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      problems.push({ path, message: error.message });
    }
  };
  const board = sampleValues(type);
  const channel: Values = { ...board, channel: type.channels.max, bit: type.channels.max <= 32 ? 1 : 0 };
  const checkReplies = (path: Path, replies: string[] | undefined, values: Values): void => {
    replies?.forEach((reply, i) => {
      if (reply !== 'echo') attempt([...path, i], () => compileReply(reply, values));
    });
  };
  const checkFrame = (path: Path, template: string, values: Values): void =>
    attempt(path, () => requireFit(renderFrame(template, values), type.dataBits));
  const checkStep = (path: Path, step: StepLike | undefined, values: Values): void => {
    if (step === undefined) return;
    checkFrame([...path, 'send'], step.send, values);
    checkReplies([...path, 'expect'], step.expect, values);
  };

  checkReplies(['boot', 'expect'], type.boot?.expect, board);
  const { ask } = type.boot ?? {};
  if (ask !== undefined) checkFrame(['boot', 'ask'], ask, board);
  checkReplies(['refused'], type.refused, board);
  checkStep(['sync'], type.sync, board);
  checkStep(['identify'], type.identify, board);
  type.open.forEach((step, i) => checkStep(['open', i], step, board));
  type.once.forEach((step, i) => checkStep(['once', i], step, board));
  type.openEachChannel.forEach((step, i) => checkStep(['openEachChannel', i], step, channel));
  if ('mask' in type.set) checkStep(['set', 'mask'], type.set.mask, { ...board, mask: 1 });
  else {
    checkStep(['set', 'on'], type.set.on, channel);
    checkStep(['set', 'off'], type.set.off, channel);
  }
  const all = { ...board, mask: allChannels(type.channels.max) };
  checkStep(['setAll', 'on'], type.setAll?.on, all);
  checkStep(['setAll', 'off'], type.setAll?.off, all);
  type.read?.forEach((read, i) => {
    const channels = read.forChannels?.max ?? type.channels.max;
    const values = { ...board, ...boardValues(channels, {}) };
    checkStep(['read', i], read, read.per === 'channel' ? { ...channel, ...values, channel: channels } : values);
  });
  checkStep(['measure'], type.measure, channel);
  attempt(['measure', 'onAtLeast'], () => threshold(type.measure?.onAtLeast ?? 0, board));
  attempt(['measure', 'offAtMost'], () => threshold(type.measure?.offAtMost ?? 0, board));
  const units = { ...channel, units: type.pulse?.unitsMax ?? 0 };
  checkStep(['pulse', 'on'], type.pulse?.on, units);
  checkStep(['pulse', 'off'], type.pulse?.off, units);
  return problems;
}

function requireFit(frame: Uint8Array, dataBits: number): void {
  const wide = frame.find((byte) => byte >= 2 ** dataBits);
  if (wide === undefined) return;
  throw new TemplateError(`byte ${toHex(Uint8Array.of(wide))} does not fit into ${dataBits} data bits`);
}

/** A threshold of a measurement: a number, or an expression over the board's options. */
export function threshold(limit: number | string, values: Values): number {
  return typeof limit === 'number' ? limit : evaluate(limit, values);
}

/** A mask with every relay on. */
export function allChannels(channels: number): number {
  return 2 ** channels - 1;
}

function sampleValues(type: Templated): Values {
  const options = Object.fromEntries(Object.entries(type.options).map(([name, option]) => [name, option.default]));
  return boardValues(type.channels.max, options);
}

/** The names that every template of a board may use. */
export function boardValues(channels: number, options: Values): Values {
  return { ...options, channels, coilBytes: Math.ceil(channels / 8) };
}
