/** What every preview owes, held against the tool's own service; the conformance suites call this. */
import { expect, test } from '@jest/globals';
import type { CallPreview, PreviewContext, Tool } from '../../activities/tool.js';
import { previewLimits } from '../../contracts/limits.js';
import { digestOf } from '../../runtime/digest.js';
import { toolContext } from './tool-context.js';

export interface PreviewSubject<Args> {
  readonly tool: () => Tool<Args>;
  /** The tool with nobody behind it. */
  readonly orphan: () => Tool<Args>;
  readonly args: Args;
  /** Other arguments about the same thing: where a preview rests on facts, they are the same. */
  readonly alike?: Args;
  /** What there is of the thing that the arguments are about, on the books of the service. */
  stateOf?(args: Args): Promise<unknown>;
}

const contextOf = (): PreviewContext => {
  const { tenantId, runId, callId, requestTimeoutMs, signal } = toolContext();
  return { tenantId, runId, callId, requestTimeoutMs, signal };
};

/** Declares the tests; a tool without a preview owes none. */
export function describePreview<Args>(subject: PreviewSubject<Args>): void {
  const look = (tool: Tool<Args>, args: Args): Promise<CallPreview> | null =>
    tool.preview?.(args, contextOf()) ?? null;

  test('says beforehand what it will do: briefly, in whole sentences, and as JSON', async () => {
    const seen = await look(subject.tool(), subject.args);
    if (seen === null) return;
    const { sentence, changes, cost } = seen.preview;
    expect(sentence).toMatch(/^\S[^\r\n]*\.$/);
    expect(sentence.length).toBeLessThanOrEqual(previewLimits.sentence);
    expect(changes.length).toBeLessThanOrEqual(previewLimits.changes);
    const texts = changes.flatMap(({ what, before, after }) => [what, before ?? '', after ?? '']);
    for (const text of [...texts, cost ?? ''])
      expect(text.length).toBeLessThanOrEqual(previewLimits.text);
    expect(JSON.parse(JSON.stringify(seen))).toEqual(seen);
  });

  test('changes nothing by saying so, and rests on the same facts as long as they are the same', async () => {
    const { args, alike, stateOf } = subject;
    const before = await stateOf?.(args);
    const seen = await look(subject.tool(), args);
    if (seen === null) return;
    const again = await look(subject.tool(), args);
    expect(await stateOf?.(args)).toEqual(before);
    expect(again).toEqual(seen);
    if (seen.precondition === null) return;
    expect(stateOf).toBeDefined();
    expect(alike).toBeDefined();
    if (alike === undefined) return;
    expect(alike).not.toEqual(args);
    const other = await look(subject.tool(), alike);
    expect(digestOf(other?.precondition)).toBe(digestOf(seen.precondition));
  });

  test('says nothing beforehand where what it rests on cannot be asked', async () => {
    const seen = await look(subject.tool(), subject.args);
    if (seen === null) return;
    const alone = Promise.resolve(look(subject.orphan(), subject.args));
    if (seen.precondition === null) expect(await alone).toMatchObject({ precondition: null });
    else await expect(alone).rejects.toThrow();
  });
}
