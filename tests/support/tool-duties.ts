/** What a tool owes by its class, held against a service that keeps books (DESIGN §7). */
import { expect, test } from '@jest/globals';
import type { ToolContext } from '../../activities/tool.js';
import type { EffectClass } from '../../contracts/effect.js';
import { newEffectKey, toolContext, type OutsideTool } from './tool-context.js';

/** The service behind a tool, as far as it can be asked. */
export interface Service<Args> {
  /** How often it has on its books what these arguments are about. */
  made(args: Args): Promise<number>;
  /** Arguments that it acts upon, and whose answer is lost: the first time at least. */
  readonly lost: Args;
  /** Lets time pass for it, in milliseconds. For a service whose search lags. */
  pass?(ms: number): void;
}

export interface DutySubject<Args> {
  readonly tool: () => OutsideTool<Args>;
  readonly orphan: () => OutsideTool<Args>;
  readonly args: Args;
  readonly service?: Service<Args>;
}

/** Classes whose promise can't be believed without a look at the service's books. */
const judged = new Set<EffectClass>(['idempotent', 'keyed', 'reconcilable']);

/** Declares the tests. */
export function describeDuties<Args>(subject: DutySubject<Args>): void {
  test('brings a service that is asked what happened, where its class promises something', () => {
    if (judged.has(subject.tool().effect)) expect(subject.service).toBeDefined();
  });

  test('keeps what its class promises about the same thing sent twice', async () => {
    const { service, args } = subject;
    const tool = subject.tool();
    if (service === undefined || tool.effect === 'read') return;
    const before = await service.made(args);
    const key = newEffectKey();
    const first = await tool.run(args, toolContext(key));
    expect(first.kind).toBe('done');
    expect(await service.made(args)).toBe(before + 1);
    // Whoever repeats it: the arguments alone make it the same.
    if (tool.effect === 'idempotent') expect(await tool.run(args, toolContext())).toEqual(first);
    if (tool.effect === 'keyed') expect(await tool.run(args, toolContext(key))).toEqual(first);
    expect(await service.made(args)).toBe(before + 1);
    if (tool.effect !== 'keyed') return;
    await tool.run(args, toolContext());
    expect(await service.made(args)).toBe(before + 2);
  });

  test('does not know after a lost reply, and what its class then allows makes it once', async () => {
    const { service } = subject;
    const tool = subject.tool();
    if (service === undefined || tool.effect === 'read') return;
    const before = await service.made(service.lost);
    const context = toolContext();
    expect((await tool.run(service.lost, context)).kind).toBe('unknown');
    expect(await service.made(service.lost)).toBe(before + 1);
    expect(['done', 'found', 'parked']).toContain(await settle(tool, service, context));
    expect(await service.made(service.lost)).toBe(before + 1);
  });

  test('finds what was made as if its answer had arrived, changes nothing by that, and guesses nothing', async () => {
    const { service, args } = subject;
    const [tool, orphan] = [subject.tool(), subject.orphan()];
    if (service === undefined || !('find' in tool) || !('find' in orphan)) return;
    const context = toolContext();
    expect(await tool.find(args, context)).toEqual({ kind: 'absent' });
    const done = await tool.run(args, context);
    const made = await service.made(args);
    service.pass?.(tool.visibilityLagMs);
    expect(await tool.find(args, context)).toEqual({ ...done, kind: 'found' });
    expect(await tool.find(args, toolContext())).toEqual({ kind: 'absent' });
    expect(await service.made(args)).toBe(made);
    expect(await orphan.find(args, context)).toMatchObject({ kind: 'inconclusive' });
    await expect(tool.find(args, toolContext(null))).rejects.toThrow('without a key');
  });
}

/** What the ledger does about an unknown outcome, by class. */
async function settle<Args>(
  tool: OutsideTool<Args>,
  { lost, pass }: Service<Args>,
  context: ToolContext,
): Promise<string> {
  // Nothing may ever repeat it: a person is asked.
  if (tool.effect === 'unsafe') return 'parked';
  if (!('find' in tool)) return (await tool.run(lost, context)).kind;
  pass?.(tool.visibilityLagMs);
  return (await tool.find(lost, context)).kind;
}
