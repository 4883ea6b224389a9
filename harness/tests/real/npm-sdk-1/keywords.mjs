import { z } from 'zod';
import { keywords as wanted } from './shared/schemas.mjs';

/** The input schema as zod: it writes what `meta` says as it is; what that means is said once more for zod. */
const { $schema, $defs, allOf, if: condition, then, else: otherwise } = wanted;
export const keywords = z
  .strictObject({
    name: z.string().optional(),
    address: z.any().meta(wanted.properties.address).optional(),
    contactMethod: z.enum(['phone', 'email']).optional(),
    phone: z.string().optional(),
    email: z.string().optional(),
  })
  .refine(({ contactMethod, phone, email }) => (contactMethod === 'phone' ? phone : email) !== undefined)
  .meta({ $schema, $defs, allOf, if: condition, then, else: otherwise });
