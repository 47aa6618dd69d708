/** Planning a call: what the model asked for, checked against the tool's schema and judged by policy. */
import type { AgentVersion } from '../contracts/agent.js';
import type { ContentBlock } from '../contracts/conversation.js';
import { summaryCharacters } from '../contracts/limits.js';
import { checkArguments } from '../policy/arguments.js';
import { canonicalJson, digestOf } from '../runtime/digest.js';
import type { JudgedCall } from '../store/turn-commit.js';
import { judge, type JudgedRun } from './judge.js';
import type { Tool } from './tool.js';

/** Turns a `tool_use` block into a judged call. One that can't be made is denied with the reason. */
export function planCall(
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
  const { verdict, ...question } = judge(version, run, spec, args);
  return {
    ...asked,
    title: titleOf(tools, name, args),
    effect: spec.effect,
    retryPolicy: spec.retryPolicy,
    verdict,
    question,
    refusal: null,
  };
}

/** The tool's own line about these arguments, or its name where this worker does not have it. */
function titleOf(tools: readonly Tool[], name: string, args: unknown): string {
  const tool = tools.find((each) => each.name === name);
  const parsed = tool?.args.safeParse(args);
  if (tool === undefined || parsed?.success !== true) return name;
  return tool.summary(parsed.data).slice(0, summaryCharacters);
}

const refused = (
  asked: Pick<JudgedCall, 'modelCallId' | 'tool' | 'args' | 'argsDigest'>,
  refusal: string,
): JudgedCall => ({
  ...asked,
  title: asked.tool,
  effect: 'read',
  retryPolicy: 'quick-read',
  verdict: 'deny',
  question: {
    rule: 'schema',
    reason: refusal,
    approvers: [],
    quorum: 1,
    requesterMayDecide: false,
    allowedDecisions: [],
    expiresInMs: 0,
    executeWithinMs: null,
  },
  refusal,
});
