/** A turn as it is loaded: a conversation of so many turns, and what the last of them used. */
import type { SentMessage } from '../../activities/models/model.js';
import type { DoneCall } from '../../store/epochs.js';
import type { LoadedTurn } from '../../store/turns.js';
import { sentAt, type Turn } from './histories-of-blocks.js';

const input = JSON.stringify({ message: 'Refund order 42, "word for word"' });

export const loadedAt = (
  turns: readonly Turn[],
  results: readonly DoneCall[] = [],
): LoadedTurn => ({
  committed: null,
  run: {
    agent: 'desk',
    agentVersion: '0' as LoadedTurn['run']['agentVersion'],
    requestedBy: 'otto',
    unwinds: null,
    cancelled: false,
    input,
    spentMicrosUsd: 0,
    isTainted: false,
    modelPosition: 0,
    isRetryNoted: false,
    lastStops: ['tools'],
    at: '2026-11-28T00:00:00.000Z',
  },
  transcript: {
    messages: sentAt(turns, turns.length + 1)
      .slice(0, -1)
      .map(({ role, json = '' }, index) => ({ seq: index + 1, turn: 1, role, content: json })),
    brokenAt: null,
  },
  last: { promptTokens: 1_000, outputTokens: 100, model: 'claude-opus-5-5', isWarm: true },
  results: results.map((call) => ({ ...call, modelCallId: call.id })),
});

export const requestOf = (messages: readonly SentMessage[]) => ({
  system: 'Be brief.',
  tools: [],
  messages,
  maxOutputTokens: 1_000,
});
