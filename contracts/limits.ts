/** Every bound that is not a duration, named once. An agent sets its own of the first kind. */
import type { AgentLimits } from './agent.js';

/** What a run may use when its agent says nothing else. */
export const defaultAgentLimits: AgentLimits = {
  turns: 50,
  callsPerTurn: 32,
  parallelCalls: 8,
  outputTokensPerTurn: 8_192,
};

/** The most that an agent may ask for: nothing here is without a bound. */
export const largestAgentLimits: AgentLimits = {
  turns: 1_000,
  callsPerTurn: 32,
  parallelCalls: 32,
  outputTokensPerTurn: 64_000,
};

/**
 * Events after which a run goes on in a fresh history, as soon as nothing of it is under way. The
 * longest turn adds a thousand at most, so no history reaches 2,000.
 */
export const historyEvents = 800;
/** The largest request body, in bytes. */
export const bodyBytes = 64 * 1024;
/** The deepest nesting of a request body or of tool arguments. */
export const jsonDepth = 32;
/** The largest tool result that is stored and shown to the model, in bytes of UTF-8. */
export const toolResultBytes = 32 * 1024;
/** What of a longer result is kept to be read on in, in bytes of UTF-8. */
export const keptResultBytes = 1024 * 1024;
/** Characters of one page of it; fewer where they would not fit a result. */
export const resultPageCharacters = 24_000;
/** Calls that changed something, the newest, of which a compacted conversation still tells one by one. */
export const toldEffects = 100;
/** The longest summary of an activity in the engine's history, in characters. */
export const summaryCharacters = 200;
/** The longest message a person can attach to a decision, in characters. */
export const messageCharacters = 4_000;
/** What is kept of a preview: characters of its sentence and of a text in it, and changes. */
export const previewLimits = { sentence: 400, text: 1_000, changes: 16 } as const;
/** Hints of one call kept while an activity of it is in flight; older ones give way. */
export const hintsPerCall = 16;
/** The most uses of one standing grant. */
export const grantUses = 1_000;
/** The longest condition of a standing grant, in characters. */
export const grantConditionCharacters = 4_000;
/** Live grants of an agent and a tool that one turn looks at: those that expire first. */
export const grantsPerTurn = 50;
/** Rows of one page of a list. */
export const pageRows = { default: 50, maximum: 200 } as const;
/** Events of one page. */
export const pageEvents = { default: 500, maximum: 1_000 } as const;
/** Of what a run tells of one effect, the newest that are shown beside it. */
export const storyEvents = 100;
/** How often one effect may be sent while it is not known whether it happened. */
export const dispatchesPerEffect = 500;
/** How often an effect may be searched for in vain and sent again before people are asked. */
export const absencesPerEffect = 5;
/** Turns in a row that the model may leave unfinished: cut in their text, or paused. */
export const unfinishedTurnsInARow = 5;
/** Calls of one tool with the same arguments, one after the other, before people are asked. */
export const sameCallsInARow = 3;
/** Definite refusals by Temporal before an outbox row is `dead`. */
export const outboxRefusals = 10;
/** Event streams that one gateway keeps open. */
export const openStreams = 1_000;
/** Events that one reading of a stream fetches. */
export const streamEvents = 200;
/** Bytes that wait for a slow reader of a stream before it is fed no more. */
export const streamBufferBytes = 256 * 1024;
/**
 * Characters of one attempt at a turn that are shown before the turn is committed, and held where
 * Postgres does not take them: about as many as the longest answer has.
 */
export const liveCharacters = 256 * 1024;
/** Characters of a turn under way that are written at once, and not only a little later. */
export const deltaCharacters = 1_024;
/** Problems of one request that are reported. */
export const requestProblems = 20;
/** Tags of a run, and the characters of one. */
export const runTags = { count: 16, characters: 64 } as const;
/** Labels of a principal. */
export const principalLabels = 16;
/** Characters of a pepper of API keys: 32 of `openssl rand -hex` are 128 random bits. */
export const pepperCharacters = { minimum: 32, maximum: 512 } as const;
/** Rows of the outbox that one gateway delivers at a time. */
export const outboxDeliveries = 16;
/** What `http_request` takes from a model: characters of the address and the body, and headers. */
export const httpRequestLimits = {
  url: 2_048,
  body: 16_384,
  headers: 16,
  headerValue: 1_024,
} as const;
/** What `http_request` reads of an answer, in bytes: its head, and its body before the rest is cut. */
export const httpAnswerBytes = { head: 16 * 1024, body: 256 * 1024 } as const;
/** Redirects within one origin that a read follows. */
export const httpRedirects = 3;
/** What `sql_query` takes from a model: characters of the statement, parameters, characters of one. */
export const sqlQueryLimits = { statement: 10_000, parameters: 32, parameter: 4_000 } as const;
/** What `sql_query` reads of a result: rows, and bytes from Postgres before the connection is cut. */
export const sqlResultLimits = { rows: 200, bytes: 1024 * 1024 } as const;
/** Rules of one policy. */
export const rulesPerPolicy = 500;
/** What one simulation takes: calls that are given or read, characters of a policy, bytes of a call. */
export const simulationLimits = {
  givenCalls: 100,
  lastCalls: 1_000,
  policyCharacters: 48 * 1024,
  argumentBytes: 64 * 1024,
} as const;
/** Simulations that one gateway runs at a time, and the memory of each, in MiB. */
export const simulationsAtOnce = { count: 2, heapMib: 256 } as const;
