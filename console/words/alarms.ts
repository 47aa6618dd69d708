/** What must not be overlooked about a run. Pure. */
import type { CallView } from '../../contracts/call.js';
import type { EventData, EventView } from '../../contracts/event.js';

/** A call about which the database does not fit what was signed. */
export interface Tampering {
  readonly callId: string;
  readonly title: string;
  readonly findings: readonly string[];
}

/** Every call of a run that was tampered with, with all that was found of it. */
export function tamperingsOf(
  events: readonly EventView[],
  calls: readonly CallView[],
): readonly Tampering[] {
  const found = new Map<string, Set<string>>();
  for (const { id, outcome } of calls) if (outcome === 'tampered') found.set(id, new Set());
  for (const { type, data } of events) {
    if (type !== 'tampering-found') continue;
    const { callId, findings } = data as EventData['tampering-found'];
    const known = found.get(callId) ?? new Set();
    found.set(callId, new Set([...known, ...findings]));
  }
  return [...found].map(([callId, findings]) => ({
    callId,
    title: calls.find(({ id }) => id === callId)?.title ?? callId,
    findings: [...findings],
  }));
}

/** What a run has read that strangers wrote: the tool, and when it was. */
export function taintOf(
  events: readonly EventView[],
): { readonly tool: string; readonly at: string } | null {
  const event = events.find(({ type }) => type === 'run-tainted');
  if (event === undefined) return null;
  return { tool: (event.data as EventData['run-tainted']).tool, at: event.at };
}
