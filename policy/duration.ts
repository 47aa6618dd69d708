/** Durations as people write them: `30s`, `15m`, `24h`, `7d`. */
import { z } from 'zod';

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const maximumDurationMs = 365 * unitMs.d;

/** Parses a duration into milliseconds: more than none, at most a year. */
export const duration = z
  .string()
  .regex(/^\d{1,6}[smhd]$/, 'must be a duration such as 30s, 15m, 24h or 7d')
  .transform((text) => Number(text.slice(0, -1)) * unitMs[text.slice(-1) as keyof typeof unitMs])
  .refine((ms) => ms > 0 && ms <= maximumDurationMs, 'must be more than 0s and at most 365d');
