/**
 * A relay board as data. One schema reads the catalogue and `boardTypes:` of a rig profile, so a new board takes a few
 * lines of YAML. language/template.ts and language/reply.ts describe the templates.
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

/** One frame and its answer; a plain string is a frame without an answer. */
const stepSchema = z.union([
  template.transform((send) => ({ send, expect: undefined, timeoutMs: undefined })),
  z.strictObject({
    send: template,
    /** `echo`: the board repeats the frame. Several templates: it sends any of them. Absent: it does not answer. */
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
  /** For boards with this number of channels only; of several `read` rules the first that fits is used. */
  forChannels: z.strictObject({ min: z.number().int().min(1), max: z.number().int().max(64) }).optional(),
  send: template,
  expect: templates,
  timeoutMs: z.number().int().min(1).max(60_000).optional(),
  /** `channel`: one frame for each channel; `board`: one frame for all of them. */
  per: z.enum(['channel', 'board']).default('board'),
  /** `echo`: the board repeats the last command; `state`: it reads the relay's own register or pin. */
  kind: z.enum(['echo', 'state']).default('state'),
  /** How often the frame is sent, 1 … 5; the last answer counts. Some boards first answer with the previous state. */
  times: z.number().int().min(1).max(5).default(1),
  /** Some boards of this type never answer: if the first frame after opening gets no answer, there is no read-back. */
  mayBeMute: z.boolean().default(false),
});

const measureSchema = z.strictObject({
  send: template,
  /** Must capture {value}. */
  expect: templates,
  timeoutMs: z.number().int().min(1).max(60_000).optional(),
  /**
   * Thresholds in the unit of {value}: a number, or an option's name. Between the two the output is neither on nor off.
   */
  onAtLeast: z.union([z.number(), template]),
  offAtMost: z.union([z.number(), template]),
  /** How long the output may ramp, 0 … 60000 ms: until then it is measured again. */
  withinMs: z.number().int().min(0).max(60_000).default(2000),
});

const pulseSchema = z.strictObject({
  /**
   * `off`: the relay goes off, and on again after a time that the board measures; `on`: the reverse. {units} is that
   * time.
   */
  on: stepSchema.optional(),
  off: stepSchema.optional(),
  unitMs: z.number().int().min(1).max(60_000),
  unitsMax: z.number().int().min(1).max(65_535),
});

export const boardTypeSchema = z
  .strictObject({
    title: z.string().default('described in the rig profile'),
    /** USB ids (`1a86:7523`) for the guess of `relay list`; many boards share a converter chip. */
    usb: z.array(z.string().regex(/^[0-9a-f]{4}:[0-9a-f]{4}$/)).default([]),
    /** How reliable the description is: A several sources, B one, C from memory; `user`: from a rig profile. */
    sure: z.enum(['A', 'B', 'C', 'user']).default('user'),
    baud: baudSchema.default(9600),
    // A profile may override these for one board, under options.
    parity: paritySchema.default(EIGHT_N_ONE.parity),
    dataBits: dataBitsSchema.default(EIGHT_N_ONE.dataBits),
    stopBits: stopBitsSchema.default(EIGHT_N_ONE.stopBits),
    flowControl: flowControlSchema.default(EIGHT_N_ONE.flowControl),
    channels: z.strictObject({ min: z.number().int().min(1), max: z.number().int().min(1).max(64) }),
    /** Numbers that a board sets under options and templates use by name, such as `address`. */
    options: z.record(z.string().regex(/^[a-z][A-Za-z0-9]*$/), optionSchema).default({}),
    /** Pause between the end of one exchange and the next frame, 0 … 10000 ms. */
    gapMs: z.number().min(0).max(10_000).default(0),
    replyTimeoutMs: z.number().int().min(1).max(60_000).default(500),
    /** An answer without any fixed byte is complete when the line was quiet for this long, 1 … 1000 ms. */
    quietMs: z.number().int().min(1).max(1000).default(20),
    /** Whether closing the tty drops DTR. False where that would reset the board or move a relay. */
    hangUpOnClose: z.boolean().default(true),
    /**
     * For boards that opening the tty resets, which drops their relays: the first bytes after that, and the deadline.
     */
    boot: z
      .strictObject({
        expect: templates,
        timeoutMs: z.number().int().min(1).max(60_000).default(8000),
        /** Sent after half of the deadline without an answer: not every copy of the board resets. */
        ask: template.optional(),
      })
      .optional(),
    /** Ends a half frame in the board's parser: sent until the answer comes, at most `tries` times. */
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
    /** Once after the board got power, never again: a second identical frame would switch relays. */
    once: z.array(stepSchema).default([]),
    identify: stepSchema.optional(),
    /** Answers by which the board refuses a frame. */
    refused: templates.optional(),
    /** Frames that switch one channel, or one frame that sets all relays by {mask}. */
    set: z.union([z.strictObject({ on: stepSchema, off: stepSchema }), z.strictObject({ mask: stepSchema })]),
    /** Frames that switch all relays, where `set` switches one: they cut all rails at the same time. */
    setAll: z.strictObject({ on: stepSchema, off: stepSchema }).optional(),
    read: z.union([readSchema.transform((one) => [one]), z.array(readSchema).min(1)]).optional(),
    measure: measureSchema.optional(),
    pulse: pulseSchema.optional(),
  })
  .superRefine((type, context) => {
    if (type.channels.min > type.channels.max) {
      context.addIssue({
        code: 'custom',
        path: ['channels'],
        message: `min is ${type.channels.min}, above max, ${type.channels.max}`,
      });
      return;
    }
    for (const problem of checkTemplates(type)) {
      context.addIssue({ code: 'custom', path: problem.path, message: problem.message });
    }
  });

export type BoardType = z.infer<typeof boardTypeSchema>;
/** A description as written, before defaults. */
export type BoardTypeInput = z.input<typeof boardTypeSchema>;
export type Step = z.infer<typeof stepSchema>;
export type ReadRule = z.infer<typeof readSchema>;

/** What a board answers after a switch: nothing, the repeated frame, its own register, a measured output. */
export type ReadBackKind = 'none' | 'echo' | 'state' | 'measured';

export function readBackOf(type: BoardType): ReadBackKind {
  if (type.measure !== undefined) return 'measured';
  if (type.read !== undefined) return type.read[0].kind;
  const step = 'mask' in type.set ? type.set.mask : type.set.off;
  return step.expect === undefined ? 'none' : 'echo';
}
