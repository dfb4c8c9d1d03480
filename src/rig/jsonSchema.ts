/**
 * The profile schema for editors (`rigs/schema.json`): completion, descriptions and the checks of single fields. What a
 * profile's own schema leaves to the boards' folder is described here as that folder reads it: board descriptions whole,
 * board options as far as all boards on a tty share them.
 */
import { z } from 'zod';
import { boardTypeSchema } from '../power/boardType.js';
import { commonOptionsSchema } from '../power/boards/resolveBoard.js';
import { profileSchema } from './schema/profile.js';

type Json = Record<string, unknown>;

const toJson = (schema: z.ZodType): Json =>
  z.toJSONSchema(schema, { io: 'input', target: 'draft-7', reused: 'inline' });

export function rigJsonSchema(): string {
  const { $schema, ...rest } = toJson(profileSchema);
  at(rest, ['properties', 'boardTypes']).additionalProperties = fragment(boardTypeSchema);
  const { properties } = fragment(commonOptionsSchema);
  Object.assign(at(rest, ['properties', 'boards', 'additionalProperties', 'properties', 'options']), { properties });
  return `${JSON.stringify({ $schema, title: 'plugpull rig profile', ...rest }, null, 2)}\n`;
}

/** A schema that stands inside another one. */
function fragment(schema: z.ZodType): Json {
  const json = toJson(schema);
  delete json.$schema;
  return json;
}

function at(json: Json, path: readonly string[]): Json {
  return path.reduce((inner, key) => inner[key] as Json, json);
}
