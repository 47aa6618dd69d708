/** What every tool promises, whatever it does: each tool's test calls this once. */
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { Tool, ToolContext, TransactionalTool } from '../../activities/tool.js';
import { toolProblems } from '../../worker/check-tool.js';
import { effectClasses } from '../../contracts/effect.js';
import { failures } from '../../contracts/failure.js';
import type { CallId, EffectKey, RunId } from '../../contracts/ids.js';
import { summaryCharacters, toolResultBytes } from '../../contracts/limits.js';
import { retryPolicies } from '../../contracts/retry-policies.js';
import { checkArguments } from '../../policy/arguments.js';

type OutsideTool<Args> = Exclude<Tool<Args>, TransactionalTool<Args>>;

export interface ToolSubject<Args> {
  /** The tool against services that work. */
  readonly tool: () => OutsideTool<Args>;
  /** The tool with nobody behind it: every connection is refused. */
  readonly orphan: () => OutsideTool<Args>;
  /** Arguments with which it succeeds. */
  readonly args: Args;
  /** Values of `args` that must not be seen in a summary. */
  readonly secrets: readonly string[];
}

/** A context as the worker gives it. Each effect has a key of its own. */
export const toolContext = (effectKey: string | null = newEffectKey()): ToolContext => ({
  tenantId: 'default',
  runId: 'run_0' as RunId,
  callId: 'call_0' as CallId,
  effectKey: effectKey as EffectKey | null,
  effect: 'keyed',
  requestTimeoutMs: 5_000,
  isTimeToSend: () => true,
  signal: new AbortController().signal,
});

let keys = 0;
/** A key of the shape of ours, used by nobody else in this process. */
export const newEffectKey = (): string => `key_${process.pid}_${(keys += 1)}`.padEnd(43, '_');

/** Declares the tests. */
export function describeTool<Args>(name: string, subject: ToolSubject<Args>): void {
  describe(`${name} keeps the promises of every tool`, () => {
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
