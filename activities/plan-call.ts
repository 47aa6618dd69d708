/** Planning a call: what the model asked for, checked against the tool's schema and judged by policy. */
import type { AgentVersion, ToolSpec } from '../contracts/agent.js';
import type { ContentBlock } from '../contracts/conversation.js';
import type { EffectClass } from '../contracts/effect.js';
import { summaryCharacters } from '../contracts/limits.js';
import { checkArguments } from '../policy/arguments.js';
import { ruleDefaults } from '../policy/rules.js';
import { canonicalJson, digestOf } from '../runtime/digest.js';
import type { JudgedCall } from '../store/turn-commit.js';
import type { JudgedRun } from '../policy/inputs.js';
import { judge } from './judge.js';
import type { Tool } from './tool.js';

/**
 * Turns a `tool_use` block into a judged call. One that can't be made is denied with the reason; so
 * is one over which something throws, as the answer of the model is paid for.
 */
export function planCall(
  tools: readonly Tool[],
  version: AgentVersion,
  run: JudgedRun,
  block: ContentBlock,
): JudgedCall {
  try {
    return plan(tools, version, run, block);
  } catch {
    return refused(without(block), 'Not made: nothing can be made of these arguments.');
  }
}

/** The call of an answer that was cut: its arguments are not to be believed, and it is not made. */
export const refuseCut = (block: ContentBlock): JudgedCall =>
  refused(without(block), 'Not made: the answer was cut short before it was complete. Ask anew.');

/** A call without its arguments. */
const without = (block: ContentBlock) => ({
  modelCallId: block.id ?? '',
  tool: block.name ?? '',
  args: canonicalJson({}),
  argsDigest: digestOf({}),
});

function plan(
  tools: readonly Tool[],
  version: AgentVersion,
  run: JudgedRun,
  block: ContentBlock,
): JudgedCall {
  const name = block.name ?? '';
  const args = block.input ?? {};
  const spec = version.spec.tools.find((tool) => tool.name === name);
  const asked = {
    modelCallId: block.id ?? '',
    tool: name,
    args: canonicalJson(args),
    argsDigest: digestOf(args),
  };
  if (spec === undefined) {
    const known = version.spec.tools.map((tool) => tool.name).join(', ');
    return refused(asked, `There is no tool ${name}. There are: ${known}.`);
  }
  const problems = checkArguments(spec.argsSchema, args);
  if (problems.length > 0) return refused(asked, `Not made: ${problems.join('; ')}`);
  const seen = readCall(tools, name, args);
  const effect = seen?.effect ?? spec.effect;
  const { judgement, inputs } = judge(version, run, { name, effect }, args);
  const { verdict, ...question } = judgement;
  return {
    ...asked,
    title: seen?.title ?? name,
    effect,
    business: businessOf(spec, run, version, seen?.businessKey),
    repeats: spec.businessKey ?? null,
    retryPolicy: spec.retryPolicy,
    verdict,
    question,
    ruleInputs: canonicalJson(inputs),
    previews: spec.previews === true,
    refusal: null,
  };
}

interface SeenCall {
  readonly title: string;
  readonly effect: EffectClass;
  readonly businessKey: string | undefined;
}

/** What the tool itself says of these arguments; null where this worker does not have it. */
function readCall(tools: readonly Tool[], name: string, args: unknown): SeenCall | null {
  const tool = tools.find((each) => each.name === name);
  const parsed = tool?.args.safeParse(args);
  if (tool === undefined || parsed?.success !== true) return null;
  return {
    title: tool.summary(parsed.data).slice(0, summaryCharacters),
    effect: 'effectOf' in tool ? tool.effectOf(parsed.data) : tool.effect,
    businessKey: tool.businessKey?.of(parsed.data),
  };
}

/** The key within its scope, as a digest: what it is made of may be private. */
function businessOf(
  { businessKey }: ToolSpec,
  { runId }: JudgedRun,
  { spec }: AgentVersion,
  key: string | undefined,
): JudgedCall['business'] {
  if (businessKey === undefined || key === undefined) return null;
  const scopes = { run: `run:${runId}`, agent: `agent:${spec.name}`, tenant: 'tenant' };
  return { scope: scopes[businessKey.scope], key: digestOf(key) };
}

const refused = (
  asked: Pick<JudgedCall, 'modelCallId' | 'tool' | 'args' | 'argsDigest'>,
  refusal: string,
): JudgedCall => ({
  ...asked,
  title: asked.tool,
  effect: 'read',
  retryPolicy: 'quick-read',
  business: null,
  verdict: 'deny',
  question: {
    ...ruleDefaults,
    rule: 'schema',
    ruleDigest: digestOf({ id: 'schema' }),
    reason: refusal,
  },
  ruleInputs: null,
  previews: false,
  refusal,
});
