/** P10, P12 and P13: edits disturb no run, nothing private leaves, and outages end by themselves. */
import type { Guard } from '../guard.js';

const adapter = 'tests/activities/adapter.test.ts';
const outage = 'tests/server/outage.integration.test.ts';
const process = 'tests/server/process.integration.test.ts';
const takeTurn = 'tests/activities/take-turn.integration.test.ts';
const runTool = 'tests/activities/run-tool.integration.test.ts';

export const changeGuards: readonly Guard[] = [
  {
    promise: 'P10',
    guard: 'A turn is taken by the agent version that its run began with',
    owner: 'activities/take-turn.ts',
    from: `const version = await findVersion(database, defaultTenant, agent, agentVersion);`,
    to: `const { findCurrentVersion } = await import('../store/agents.js');
    const version = await findCurrentVersion(database, defaultTenant, agentVersion && agent);`,
    test: { file: takeTurn, name: 'a turn is taken with the instructions that its run began with' },
  },
  {
    promise: 'P10',
    guard: 'A call is judged by the rules that its run began with',
    owner: 'activities/run-tool.ts',
    from: 'const version = await findVersion(database, defaultTenant, call.agent, history.agentVersion);',
    to: `const { findCurrentVersion } = await import('../store/agents.js');
    const version = await findCurrentVersion(database, defaultTenant, call.agent);`,
    test: { file: runTool, name: 'a call is judged by the rules that its run began with' },
  },
  {
    promise: 'P10',
    guard: 'A call of a tool that is gone is answered by every worker',
    owner: 'activities/activities.ts',
    from: 'return { ...engine, ...Object.fromEntries(tools), default: gone };',
    to: 'return { ...engine, ...Object.fromEntries(tools), nobody: gone };',
    test: {
      file: 'tests/activities/activities.test.ts',
      name: 'every worker answers for tools that are gone, at once and for good',
    },
  },
  {
    promise: 'P10',
    guard: 'The model is told that no worker has the tool, not that it failed',
    owner: 'store/call-settlement.ts',
    from: `code === 'tool-unavailable' ? 'unavailable' : 'failed'`,
    to: `'failed'`,
    test: {
      file: 'tests/store/gate.integration.test.ts',
      name: 'tells the model honestly that no worker has its tool',
    },
  },
  {
    promise: 'P12',
    guard: 'Of an error its class is logged, not its text',
    owner: 'runtime/log.ts',
    from: 'error: error.name,',
    to: 'error: String(error),',
    test: {
      file: 'tests/runtime/log.test.ts',
      name: 'of an error only its class, its code and its place are logged, never its text',
    },
  },
  {
    promise: 'P12',
    guard: 'A message that looks like a stack is not logged as its place',
    owner: 'runtime/log.ts',
    from: 'stack.slice(start + message.length)',
    to: 'stack.slice(start)',
    test: {
      file: 'tests/runtime/log.test.ts',
      name: 'of an error only its class, its code and its place are logged, never its text',
    },
  },
  {
    promise: 'P12',
    guard: 'A request is logged by the pattern of its route, not by its address',
    owner: 'server/request-log.ts',
    from: 'const route = patternOf(request);',
    to: 'const route = patternOf(request) && request.originalUrl;',
    test: { file: process, name: 'no line of the log holds anything of a request but its pattern' },
  },
  {
    promise: 'P12',
    guard: 'Of Temporal’s log lines only ids pass',
    owner: 'worker/temporal-log.ts',
    from: `taskQueue, error } = meta;
  return {`,
    to: `taskQueue, error } = meta;
  return {
    ...meta,`,
    test: {
      file: 'tests/worker/temporal-log.test.ts',
      name: 'pass; arguments and texts of errors do not',
    },
  },
  {
    promise: 'P12',
    guard: 'An error crosses into the engine as a code and constant text, without its cause',
    owner: 'activities/adapter.ts',
    from: `return failureOf(error instanceof BelayError ? error.code : 'internal');`,
    to: 'return error as Error;',
    test: {
      file: adapter,
      name: 'crosses as a code and constant text, whatever it says and wraps',
    },
  },
  {
    promise: 'P12',
    guard: 'The text of a model provider’s error stays in the process',
    owner: 'activities/models/model-error.ts',
    from: 'super(failures[code].title, { cause: details.cause });',
    to: 'super(String(details.cause), { cause: details.cause });',
    test: {
      file: 'tests/activities/models/anthropic-errors.test.ts',
      name: 'keeps the request id, and keeps foreign text out of its message',
    },
  },
  {
    promise: 'P12',
    guard: 'Stripe’s sentences, which may quote what was sent, are not passed on',
    owner: 'activities/tools/stripe-errors.ts',
    from: 'Stripe refused the request: ${reasonOf(error)}.',
    to: 'Stripe refused the request: ${reasonOf(error)} ${error.message}.',
    test: {
      file: 'tests/activities/tools/issue-refund.test.ts',
      name: "names Stripe's code, and none of its sentences, where Stripe refuses",
    },
  },
  {
    promise: 'P12',
    guard: 'The line of a call in the engine’s history shows public fields only',
    owner: 'activities/tools/send-email.ts',
    from: `summary: () => 'mail to the customer',`,
    to: 'summary: ({ to }) => `mail to ${to}`,',
    test: {
      file: 'tests/activities/tools/send-email.test.ts',
      name: 'sums up in one line, in which nothing private is seen',
    },
  },
  {
    promise: 'P12',
    guard: 'An unexpected error is answered without its text',
    owner: 'server/problem.ts',
    from: `if (status === null) return { code: 'internal', details: {} };`,
    to: `if (status === null) return { code: 'internal', details: { detail: String(error) } };`,
    test: {
      file: 'tests/server/problem.test.ts',
      name: 'says nothing of an unexpected error but that it happened',
    },
  },
  {
    promise: 'P13',
    guard: 'Without Postgres every call is answered 503 with when to come back',
    owner: 'server/problem.ts',
    from: 'if (isUnavailable(error)) {',
    to: 'if (isUnavailable(error) && error === null) {',
    test: { file: outage, name: 'every call says so, nothing crashes, and streams go on' },
  },
  {
    promise: 'P13',
    guard: 'An idle connection that is lost does not end the process',
    owner: 'store/database.ts',
    from: `pool.on('error', () => options.log.warn('An idle Postgres connection was lost'));`,
    to: '',
    test: {
      file: 'tests/store/connections.integration.test.ts',
      name: 'while nobody uses it is replaced, and ends nothing',
    },
  },
  {
    promise: 'P13',
    guard: 'A connection that is lost in use does not end the process',
    owner: 'store/database.ts',
    from: `pool.on('connect', (client) => client.on('error', () => undefined));`,
    to: '',
    test: {
      file: 'tests/store/connections.integration.test.ts',
      name: 'within a transaction is an answer, not the end of the process',
    },
  },
  {
    promise: 'P13',
    guard: 'The listening connection is made again after it was lost',
    owner: 'store/run-listener.ts',
    from: `void open();
    }, reconnectAfterMs);`,
    to: '}, reconnectAfterMs);',
    test: {
      file: 'tests/server/feed.integration.test.ts',
      name: 'while the listening connection was lost, by the look after it',
    },
  },
  {
    promise: 'P13',
    guard: 'A listening connection that no longer answers is noticed',
    owner: 'store/run-listener.ts',
    from: 'await untilSilent(fresh, probe, isCurrent);',
    to: 'if (isClosed) await untilSilent(fresh, probe, isCurrent);',
    test: {
      file: 'tests/store/run-listener.integration.test.ts',
      name: 'a connection that falls silent is noticed and made again',
    },
  },
  {
    promise: 'P13',
    guard: 'An activity that finds Postgres away is tried again',
    owner: 'activities/adapter.ts',
    from: `return failureOf('database-unavailable');`,
    to: `return failureOf('tool-failed');`,
    test: { file: adapter, name: 'is tried again when it means that Postgres is away' },
  },
  {
    promise: 'P13',
    guard: 'That Temporal is away never counts against what is to be delivered',
    owner: 'server/delivery.ts',
    from: `return postpone(database, row, 'temporal-unavailable', againMs);`,
    to: `return refuse(database, row, 'temporal-unavailable', againMs);`,
    test: {
      file: 'tests/server/delivery.integration.test.ts',
      name: 'waits while Temporal is away, and that never counts against it',
    },
  },
  {
    promise: 'P13',
    guard: 'A namespace that is not there yet counts as away',
    owner: 'server/temporal-errors.ts',
    from: `return isNamespaceMissing(cause) ? noNamespace : { kind: 'no-workflow' };`,
    to: `return { kind: 'no-workflow' };`,
    test: {
      file: 'tests/server/delivery.integration.test.ts',
      name: 'waits for a namespace that is not there now',
    },
  },
  {
    promise: 'P13',
    guard: 'A gateway without Temporal is ready, and says what is missing',
    owner: 'server/health.ts',
    from: `return { status: isWell ? 'ready' : 'degraded', dependencies };`,
    to: `return { status: isWell ? 'ready' : 'unavailable', dependencies };`,
    test: {
      file: process,
      name: 'without Temporal a run is accepted, and health says what is missing',
    },
  },
];
