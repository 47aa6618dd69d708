/** Reads the agents of a folder: one sub-folder each, resolved to the versions that runs pin. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readResultName } from '../activities/cut-result.js';
import type { Tool } from '../activities/tool.js';
import type { AgentSpec, AgentVersion, JsonSchema, ToolSpec } from '../contracts/agent.js';
import { PolicyFileError, parseRules } from '../policy/parse-rules.js';
import { digestOf } from '../runtime/digest.js';
import { readAgentFile } from './agent-file.js';
import { AgentFileError } from './agent-file-error.js';

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
  const [file, wordsFile, policyFile] = ['agent.yaml', 'instructions.md', 'policy.yaml'].map(
    (name) => join(folder, name),
  ) as [string, string, string];
  const problems: string[] = [];
  const parsed = collect(problems, () =>
    readAgentFile(readText(file, 'it says what the agent is'), { file, folderName, tools }),
  );
  const instructions = collect(problems, () => readInstructions(wordsFile));
  const policy = collect(problems, () =>
    parseRules(readText(policyFile, 'write [] for a policy without rules'), policyFile),
  );
  if (parsed === null || instructions === null || policy === null) return { spec: null, problems };
  const { input, tools: named, ...rest } = parsed;
  const specs = withReadResult(named).flatMap((name) => tools.filter((tool) => tool.name === name));
  return {
    spec: {
      ...rest,
      instructions,
      tools: specs.map(toolSpecOf),
      policy,
      inputSchema: input as JsonSchema,
    },
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

function readInstructions(file: string): string {
  const text = readText(file, 'it tells the model what to do').trim();
  if (text === '') throw new AgentFileError([`${file}: is empty: it tells the model what to do`]);
  return text;
}

function readText(file: string, why: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new AgentFileError([`${file}: is missing: ${why}`]);
  }
}
