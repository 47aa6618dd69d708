/** What may stand in an `agent.yaml`: every field with its type, its bounds and its default. */
import { z } from 'zod';
import { defaultAgentLimits, largestAgentLimits } from '../contracts/limits.js';
import { efforts, fallbackReasons, modelProviders } from '../contracts/model-choice.js';

const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,63}$/,
    'must be lower-case letters, digits and hyphens, 64 at most, with a letter first',
  );
const modelName = z.string().max(200).regex(/^\S+$/, 'must be the id of a model, without blanks');

type Bounded = Exclude<keyof typeof defaultAgentLimits, 'contextTokens'>;
const bounded = (limit: Bounded) => z.int().min(1).max(largestAgentLimits[limit]);
const limit = (of: Bounded) => bounded(of).default(defaultAgentLimits[of]);

/** Less leaves no room for instructions, tools and an answer. */
const leastContextTokens = 2_000;

const modelFields = z.strictObject({
  provider: z.enum(modelProviders),
  model: modelName,
  effort: z.enum(efforts).exactOptional(),
  maxOutputTokens: bounded('outputTokensPerTurn').exactOptional(),
  fallbackOn: z.array(z.enum(fallbackReasons)).exactOptional(),
});

/** A name alone is a model of Anthropic's. */
const modelEntry = z.union([modelName, modelFields]);

const limitFields = z.strictObject({
  turns: limit('turns'),
  callsPerTurn: limit('callsPerTurn'),
  parallelCalls: limit('parallelCalls'),
  outputTokensPerTurn: limit('outputTokensPerTurn'),
  contextTokens: z.int().min(leastContextTokens).exactOptional(),
});

/** The whole file. */
export const agentSchema = z.strictObject({
  name,
  title: z.string().min(1).max(80),
  description: z.string().min(1).max(400),
  models: z.tuple([modelEntry], modelEntry),
  tools: z.array(z.string().min(1)).max(128),
  limits: limitFields.default(defaultAgentLimits),
  input: z.record(z.string(), z.unknown()),
});
export type AgentFields = z.infer<typeof agentSchema>;

/** The fields that there are, by the list or map in which they stand; '' is the file. */
export const fieldNames = {
  '': Object.keys(agentSchema.shape),
  limits: Object.keys(limitFields.shape),
  models: Object.keys(modelFields.shape),
} as const satisfies Readonly<Record<string, readonly string[]>>;
