/** What every tool promises, whatever it does: each tool's test calls this once. */
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { Tool } from '../../activities/tool.js';
import { toolProblems } from '../../worker/check-tool.js';
import { toolSpecOf } from '../../worker/load-agents.js';
import { effectClasses } from '../../contracts/effect.js';
import { failures } from '../../contracts/failure.js';
import { summaryCharacters, toolResultBytes } from '../../contracts/limits.js';
import { retryPolicies } from '../../contracts/retry-policies.js';
import { checkArguments } from '../../policy/arguments.js';
import { toolContext, type OutsideTool } from './tool-context.js';
import { describePreview } from './tool-previews.js';
import { describeDuties, type Service } from './tool-duties.js';

export { newEffectKey, toolContext } from './tool-context.js';

interface AnySubject<Args> {
  readonly tool: () => Tool<Args>;
  /** Arguments with which it succeeds. */
  readonly args: Args;
  /** Values of `args` that must not be seen in a summary. */
  readonly secrets: readonly string[];
}

export interface ToolSubject<Args> extends AnySubject<Args> {
  /** The tool against services that work. */
  readonly tool: () => OutsideTool<Args>;
  /** The tool with nobody behind it: every connection is refused. */
  readonly orphan: () => OutsideTool<Args>;
  /** What its class is judged by; reads have none. */
  readonly service?: Service<Args>;
  /** Other arguments about the same thing, for a tool whose preview rests on facts. */
  readonly alike?: Args;
}

/** Declares the tests. */
export function describeTool<Args>(name: string, subject: ToolSubject<Args>): void {
  describe(`${name} keeps the promises of every tool`, () => {
    describeFacts(name, subject);
    describeDuties(subject);
    const { service, ...its } = subject;
    describePreview({ ...its, ...(service && { stateOf: (args: Args) => service.made(args) }) });

    test('gives a result that is JSON and small enough to be read', async () => {
      const outcome = await subject.tool().run(subject.args, toolContext());
      if (outcome.kind !== 'done') throw new Error(`It ended as ${JSON.stringify(outcome)}`);
      const text = JSON.stringify(outcome.result);
      expect(JSON.parse(text)).toEqual(outcome.result);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(toolResultBytes);
    });

    test('says that nothing was sent, and that a retry may help, when nobody is there', async () => {
      const outcome = await subject.orphan().run(subject.args, toolContext());
      expect(outcome.kind).toBe('not-sent');
      if (outcome.kind === 'not-sent') expect(failures[outcome.code].retryable).toBe(true);
    });

    test('sends nothing once too much time has passed since its dispatch', async () => {
      const tool = subject.tool();
      if (tool.effect === 'read') return;
      const late = { ...toolContext(), isTimeToSend: () => false };
      expect(await tool.run(subject.args, late)).toEqual({
        kind: 'not-sent',
        code: 'effect-in-flight',
      });
    });

    test('never does without a key what needs one', async () => {
      const tool = subject.tool();
      if (tool.effect === 'read') return;
      await expect(tool.run(subject.args, toolContext(null))).rejects.toThrow('without a key');
    });
  });
}

/** Declares the tests of what a tool says of itself, whatever it is carried out by. */
export function describeFacts<Args>(name: string, subject: AnySubject<Args>): void {
  test('says who it is and how it is carried out', () => {
    const tool = subject.tool();
    expect(tool.name).toBe(name);
    expect(name).toMatch(/^[a-z][a-z0-9_]{0,63}$/);
    expect(tool.description.length).toBeGreaterThan(20);
    expect(effectClasses).toContain(tool.effect);
    expect(Object.keys(retryPolicies)).toContain(tool.retryPolicy);
    expect(toolProblems(tool as Tool, [tool as Tool])).toEqual([]);
  });

  test('takes its arguments, no unknown key, and nothing without a bound', () => {
    const { args } = subject.tool();
    const schema = z.toJSONSchema(args, { io: 'input' });
    expect(args.safeParse(subject.args).success).toBe(true);
    expect(args.safeParse({ ...subject.args, more: 1 }).success).toBe(false);
    expect(checkArguments(schema, subject.args)).toEqual([]);
    expect(checkArguments(schema, { ...subject.args, more: 1 })).toHaveLength(1);
    for (const [key, value] of Object.entries(subject.args as object)) {
      const endless = typeof value === 'number' ? 1e12 : 'a'.repeat(20_000);
      const swollen = { ...subject.args, [key]: endless };
      expect(args.safeParse(swollen).success).toBe(false);
      expect(checkArguments(schema, swollen)).not.toEqual([]);
    }
  });

  test('sums up in one line, in which nothing private is seen', () => {
    const summary = subject.tool().summary(subject.args);
    expect(summary).not.toMatch(/[\r\n]/);
    expect(summary.length).toBeLessThanOrEqual(summaryCharacters);
    for (const secret of subject.secrets) expect(summary).not.toContain(secret);
  });

  test('is pinned with whether strangers write what it returns: a run that read it is tainted', () => {
    const tool = subject.tool();
    const { taints } = toolSpecOf(tool as Tool);
    expect(taints).toBe(tool.taints);
  });

  test('says how it is taken back, by a tool that takes what it gives, or in words for a person', () => {
    const { undo } = subject.tool();
    if (subject.tool().effect === 'read') expect(undo).toBeUndefined();
    // A result that a person's word stands for, and none at all.
    for (const result of [{ externalRef: 'x', confirmedBy: 'ana', message: 'seen' }, null]) {
      if (undo?.by === 'person') expect(undo.advice(subject.args, result)).toMatch(/\w.*\.$/);
      if (undo?.by === 'tool') expect(() => undo.args(subject.args, result)).not.toThrow();
    }
  });
}
