/** Reads the agents of a folder: one sub-folder each, resolved to the versions that runs pin. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { YAMLParseError, parse } from 'yaml';
import { z } from 'zod';
import { readResultName } from '../activities/cut-result.js';
import type { Tool } from '../activities/tool.js';
import type { AgentSpec, AgentVersion, JsonSchema, ToolSpec } from '../contracts/agent.js';
import { defaultAgentLimits, largestAgentLimits } from '../contracts/limits.js';
import { efforts, fallbackReasons, modelProviders } from '../contracts/model-choice.js';
import { isUsableSchema } from '../policy/arguments.js';
import { PolicyFileError, parseRules } from '../policy/parse-rules.js';
import { digestOf } from '../runtime/digest.js';
import { toolProblems } from './check-tool.js';

/** Agents that cannot be loaded. The message lists every problem: file, field, what is known. */
export class AgentFileError extends Error {
  override readonly name = 'AgentFileError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

const name = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be kebab-case');
const bound = (limit: Exclude<keyof typeof defaultAgentLimits, 'contextTokens'>) =>
  z.int().min(1).max(largestAgentLimits[limit]).default(defaultAgentLimits[limit]);

/** A name alone is a model of Anthropic's. */
const modelEntry = z.union([
  z.string().min(1),
  z.strictObject({
    provider: z.enum(modelProviders),
    model: z.string().min(1),
    effort: z.enum(efforts).exactOptional(),
    maxOutputTokens: bound('outputTokensPerTurn').unwrap().exactOptional(),
    fallbackOn: z.array(z.enum(fallbackReasons)).exactOptional(),
  }),
]);

/** Less leaves no room for instructions, tools and an answer. */
const leastContextTokens = 2_000;

const agentSchema = z.strictObject({
  name,
  title: z.string().min(1).max(80),
  description: z.string().min(1).max(400),
  models: z.tuple([modelEntry], modelEntry),
  tools: z.array(z.string().min(1)).max(128),
  limits: z
    .strictObject({
      turns: bound('turns'),
      callsPerTurn: bound('callsPerTurn'),
      parallelCalls: bound('parallelCalls'),
      outputTokensPerTurn: bound('outputTokensPerTurn'),
      contextTokens: z.int().min(leastContextTokens).exactOptional(),
    })
    .default(defaultAgentLimits),
  input: z
    .record(z.string(), z.unknown())
    .refine((schema) => isUsableSchema(schema), 'must be JSON Schema, draft 2020-12'),
});

/**
 * Loads every agent below `folder`, by name. The same files and tools give the same digest.
 * Throws an {@link AgentFileError} that lists the problems of all agents at once.
 */
export function loadAgents(folder: string, tools: readonly Tool[]): AgentVersion[] {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((item) => item.isDirectory());
  const names = folders.map((item) => item.name).toSorted();
  const results = names.map((agent) => loadAgent(join(folder, agent), agent, tools));
  const problems = results.flatMap((result) => result.problems);
  if (problems.length > 0) throw new AgentFileError(problems);
  return results.flatMap(({ spec }) => (spec === null ? [] : [{ digest: digestOf(spec), spec }]));
}

/** What the model sees of a tool and how a call of it is carried out, as data. */
export function toolSpecOf(tool: Tool): ToolSpec {
  const { $schema: _, ...argsSchema } = z.toJSONSchema(tool.args, {
    target: 'draft-2020-12',
    io: 'input',
  });
  return {
    name: tool.name,
    description: tool.description,
    argsSchema,
    effect: tool.effect,
    retryPolicy: tool.retryPolicy,
    keyRetentionMs: 'keyRetentionMs' in tool ? tool.keyRetentionMs : null,
    ...('visibilityLagMs' in tool ? { visibilityLagMs: tool.visibilityLagMs } : {}),
    ...(tool.businessKey === undefined ? {} : { businessKey: repeatsOf(tool.businessKey) }),
    ...(tool.taints === undefined ? {} : { taints: tool.taints }),
    ...(tool.undo?.by === 'tool' ? { undoneBy: tool.undo.tool } : {}),
    ...(tool.preview === undefined ? {} : { previews: true as const }),
  };
}

const repeatsOf = ({ scope, withinMs, onRepeat }: NonNullable<Tool['businessKey']>) => ({
  scope,
  withinMs,
  onRepeat,
});

/** Whoever has tools can read on in what they return: a run's tools never change on its way. */
const withReadResult = (names: readonly string[]): readonly string[] =>
  names.length === 0 || names.includes(readResultName) ? names : [...names, readResultName];

interface Loaded {
  readonly spec: AgentSpec | null;
  readonly problems: readonly string[];
}

function loadAgent(folder: string, folderName: string, tools: readonly Tool[]): Loaded {
  const file = join(folder, 'agent.yaml');
  const problems: string[] = [];
  const parsed = collect(problems, () => readAgent(file));
  const instructions = collect(problems, () => readText(join(folder, 'instructions.md')).trim());
  const policyFile = join(folder, 'policy.yaml');
  const policy = collect(problems, () => parseRules(readText(policyFile), policyFile));
  if (parsed === null) return { spec: null, problems };
  if (parsed.name !== folderName)
    problems.push(`${file}: name: ${parsed.name} is not the name of its folder, ${folderName}`);
  const wantedTools = withReadResult(parsed.tools);
  const specs = wantedTools.map((wanted) => collect(problems, () => resolve(wanted, tools, file)));
  if (new Set(parsed.tools).size < parsed.tools.length)
    problems.push(`${file}: tools: one is named twice`);
  for (const spec of specs) {
    if (spec?.undoneBy !== undefined && !parsed.tools.includes(spec.undoneBy))
      problems.push(`${file}: tools: ${spec.name} is undone by ${spec.undoneBy}: name it too`);
  }
  if (instructions === '') problems.push(`${join(folder, 'instructions.md')}: is empty`);
  if (problems.length > 0 || instructions === null || policy === null)
    return { spec: null, problems };
  const { input, tools: _, ...rest } = parsed;
  const resolved = specs.filter((spec) => spec !== null);
  return {
    spec: { ...rest, instructions, tools: resolved, policy, inputSchema: input as JsonSchema },
    problems,
  };
}

/** Runs one step of loading; what it cannot use is noted, and the rest is looked at all the same. */
function collect<Value>(problems: string[], step: () => Value): Value | null {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof AgentFileError) && !(error instanceof PolicyFileError)) throw error;
    problems.push(...error.problems);
    return null;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new AgentFileError([`${file}: is missing`]);
  }
}

function readAgent(file: string): z.infer<typeof agentSchema> {
  const result = agentSchema.safeParse(readYaml(file));
  if (result.success) return result.data;
  throw new AgentFileError(
    result.error.issues.map((issue) =>
      [file, issue.path.join('.'), issue.message].filter((part) => part !== '').join(': '),
    ),
  );
}

function readYaml(file: string): unknown {
  const text = readText(file);
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new AgentFileError([`${file}: ${error.message}`]);
  }
}

function resolve(wanted: string, tools: readonly Tool[], file: string): ToolSpec {
  const tool = tools.find((candidate) => candidate.name === wanted);
  const known = tools.map((candidate) => candidate.name).join(', ');
  if (tool === undefined)
    throw new AgentFileError([`${file}: tool ${wanted}: unknown; there are ${known}`]);
  const problems = toolProblems(tool, tools);
  if (problems.length > 0)
    throw new AgentFileError(problems.map((problem) => `${file}: tool ${wanted}: ${problem}`));
  return toolSpecOf(tool);
}
