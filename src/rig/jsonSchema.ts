/**
 * The profile schema for editors (`rigs/schema.json`): completion, descriptions and the checks of single fields.
 */
import { z } from 'zod';
import { profileSchema } from './schema/profile.js';

export function rigJsonSchema(): string {
  const schema = z.toJSONSchema(profileSchema, { io: 'input', target: 'draft-7', reused: 'inline' });
  const { $schema, ...rest } = schema;
  return `${JSON.stringify({ $schema, title: 'plugpull rig profile', ...rest }, null, 2)}\n`;
}
