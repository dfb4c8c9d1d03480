/**
 * A relay board as data. The catalogue and a rig profile's `boardTypes:` use the same words, and the same schema reads
 * both: a new board is a few lines of YAML. Templates are explained in language/template.ts and language/reply.ts.
 *
 *     myboard:
 *       channels: { min: 1, max: 4 }
 *       set:
 *         on:  { send: 'A0 {channel} 01 {sum8}', expect: echo }
 *         off: { send: 'A0 {channel} 00 {sum8}', expect: echo }
 */

import { z } from 'zod';
import { checkTemplates } from './boardTypeCheck.js';
import { baudSchema, dataBitsSchema, EIGHT_N_ONE, flowControlSchema, paritySchema, stopBitsSchema } from './line.js';

const template = z.string().min(1);
const templates = z.union([template.transform((one) => [one]), z.array(template).min(1)]);

/** One question and its answer; a bare string is a frame without an answer. */
const stepSchema = z.union([
  template.transform((send) => ({ send, expect: undefined, timeoutMs: undefined })),
  z.strictObject({
    send: template,
    /** `echo`: the same bytes come back. Several templates: any of them. Absent: no answer. */
    expect: templates.optional(),
    /** 1 … 60000 ms; default: the board's `replyTimeoutMs`. */
    timeoutMs: z.number().int().min(1).max(60_000).optional(),
  }),
]);

const optionSchema = z.union([
  z.number().transform((value) => ({ default: value, min: 0, max: 65_535 })),
  z.strictObject({ default: z.number(), min: z.number().default(0), max: z.number().default(65_535) }),
]);

const readSchema = z.strictObject({
  /** Only boards with so many channels; of several ways to ask, the first that fits is used. */
  forChannels: z.strictObject({ min: z.number().int().min(1), max: z.number().int().max(64) }).optional(),
  send: template,
  expect: templates,
  timeoutMs: z.number().int().min(1).max(60_000).optional(),
  /** One question for each channel, or one for the whole board. */
  per: z.enum(['channel', 'board']).default('board'),
  /** `echo`: the board repeats what was last written; `state`: it reads the relay's own register or pin. */
  kind: z.enum(['echo', 'state']).default('state'),
  /** Asked so often, the last answer counts: some boards answer with the state before. 1 … 5. */
  times: z.number().int().min(1).max(5).default(1),
  /** Some boards of this type never answer: if the first question after opening gets none, there is no read-back. */
  mayBeMute: z.boolean().default(false),
});

const measureSchema = z.strictObject({
  send: template,
  /** Must capture {value}. */
  expect: templates,
  timeoutMs: z.number().int().min(1).max(60_000).optional(),
  /** On from here up, off from there down; between them it is neither yet. A number, or an option's name. */
  onAtLeast: z.union([z.number(), template]),
  offAtMost: z.union([z.number(), template]),
  /** An output ramps: asked again for so long until it is one or the other. 0 … 60000 ms. */
  withinMs: z.number().int().min(0).max(60_000).default(2000),
});

const pulseSchema = z.strictObject({
  /** `off`: relay goes off and, timed by the board, on again; `on`: the other way. {units} is the duration. */
  on: stepSchema.optional(),
  off: stepSchema.optional(),
  unitMs: z.number().int().min(1).max(60_000),
  unitsMax: z.number().int().min(1).max(65_535),
});

export const boardTypeSchema = z
  .strictObject({
    title: z.string().default('described in the rig profile'),
    /** USB ids (`1a86:7523`) by which `relay list` guesses; many boards share a converter chip. */
    usb: z.array(z.string().regex(/^[0-9a-f]{4}:[0-9a-f]{4}$/)).default([]),
    /** How sure the description is: A several sources, B one, C recalled; `user` for a rig profile's own. */
    sure: z.enum(['A', 'B', 'C', 'user']).default('user'),
    baud: baudSchema.default(9600),
    // A profile may say otherwise of one board, under options.
    parity: paritySchema.default(EIGHT_N_ONE.parity),
    dataBits: dataBitsSchema.default(EIGHT_N_ONE.dataBits),
    stopBits: stopBitsSchema.default(EIGHT_N_ONE.stopBits),
    flowControl: flowControlSchema.default(EIGHT_N_ONE.flowControl),
    channels: z.strictObject({ min: z.number().int().min(1), max: z.number().int().min(1).max(64) }),
    /** Numbers of the rig profile that templates may use, as `address`. */
    options: z.record(z.string().regex(/^[a-z][A-Za-z0-9]*$/), optionSchema).default({}),
    /** Silence between the end of one exchange and the next frame. 0 … 10000 ms. */
    gapMs: z.number().min(0).max(10_000).default(0),
    replyTimeoutMs: z.number().int().min(1).max(60_000).default(500),
    /** An answer without any fixed byte is complete when the line was silent for so long. 1 … 1000 ms. */
    quietMs: z.number().int().min(1).max(1000).default(20),
    /** Closing the tty drops DTR. False where that would reset the board or move a relay. */
    hangUpOnClose: z.boolean().default(true),
    /** Opening the tty resets the board and drops its relays; the first bytes it then says, and how long to wait. */
    boot: z
      .strictObject({
        expect: templates,
        timeoutMs: z.number().int().min(1).max(60_000).default(8000),
        /** Sent when half of that time has passed in silence: not every copy of the board resets. */
        ask: template.optional(),
      })
      .optional(),
    /** Brings a confused line parser back: sent until the answer comes, at most `tries` times. */
    sync: z
      .strictObject({
        send: template,
        expect: templates,
        tries: z.number().int().min(1).max(16).default(2),
        timeoutMs: z.number().int().min(1).max(60_000).optional(),
      })
      .optional(),
    /** After each opening. */
    open: z.array(stepSchema).default([]),
    /** After each opening, for each channel. */
    openEachChannel: z.array(stepSchema).default([]),
    /** Once in the board's powered life, never again: a later identical frame would switch relays. */
    once: z.array(stepSchema).default([]),
    identify: stepSchema.optional(),
    /** Answers that say no, to any frame. */
    refused: templates.optional(),
    /** Either frames for one channel each, or one frame that carries all relays as {mask}. */
    set: z.union([z.strictObject({ on: stepSchema, off: stepSchema }), z.strictObject({ mask: stepSchema })]),
    /** All relays in one frame, where `set` is by channel: brings rails down together. */
    setAll: z.strictObject({ on: stepSchema, off: stepSchema }).optional(),
    read: z.union([readSchema.transform((one) => [one]), z.array(readSchema).min(1)]).optional(),
    measure: measureSchema.optional(),
    pulse: pulseSchema.optional(),
  })
  .superRefine((type, context) => {
    if (type.channels.min > type.channels.max) {
      context.addIssue({ code: 'custom', path: ['channels'], message: 'min is above max' });
      return;
    }
    for (const problem of checkTemplates(type)) {
      context.addIssue({ code: 'custom', path: problem.path, message: problem.message });
    }
  });

export type BoardType = z.infer<typeof boardTypeSchema>;
/** What a person writes, before defaults. */
export type BoardTypeInput = z.input<typeof boardTypeSchema>;
export type Step = z.infer<typeof stepSchema>;
export type ReadRule = z.infer<typeof readSchema>;

/** What a board can say after a switch: nothing, a repeated frame, its own register, a measured output. */
export type ReadBackKind = 'none' | 'echo' | 'state' | 'measured';

export function readBackOf(type: BoardType): ReadBackKind {
  if (type.measure !== undefined) return 'measured';
  if (type.read !== undefined) return type.read[0].kind;
  const step = 'mask' in type.set ? type.set.mask : type.set.off;
  return step.expect === undefined ? 'none' : 'echo';
}
