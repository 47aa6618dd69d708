/** P3 and P12 for `http_request`: a class for each method, and secrets that stay with their origin. */
import type { Guard } from '../guard.js';

const tool = 'tests/activities/tools/http-request.test.ts';
const answers = 'tests/activities/tools/http-answers.test.ts';

export const httpGuards: readonly Guard[] = [
  {
    promise: 'P3',
    guard: 'A POST is repeatable only where its origin takes our key',
    owner: 'activities/tools/http-request.ts',
    from: `return declared === 'keyed' && !takesKey ? 'unsafe' : declared;`,
    to: 'return takesKey ? declared : declared;',
    test: { file: tool, name: 'the class of a call' },
  },
  {
    promise: 'P3',
    guard: 'A request runs as the class that it was judged as, or not at all',
    owner: 'activities/tools/http-request.ts',
    from: `if (effect !== context.effect && context.effect !== 'unsafe')`,
    to: `if (context.effect === 'transactional')`,
    test: { file: tool, name: 'is what the call was judged as, or nothing is sent' },
  },
  {
    promise: 'P3',
    guard: 'The redirect of an effect is not followed',
    owner: 'activities/tools/http-request.ts',
    from: `await (effect === 'read' ? http.read(sent) : http.send(sent));`,
    to: 'await http.read(sent);',
    test: { file: tool, name: 'of an effect is not sent on to where a redirect leads' },
  },
  {
    promise: 'P3',
    guard: 'A request whose connection took too long for its dispatch is not sent',
    owner: 'activities/tools/guarded-http.ts',
    from: 'if (!request.isTimeToSend()) {',
    to: 'if (request.signal.aborted) {',
    test: {
      file: tool,
      name: 'is nothing when the connection took too long for the dispatch',
    },
  },
  {
    promise: 'P3',
    guard: 'A request that was sent and not answered may have had its effect',
    owner: 'activities/tools/guarded-http.ts',
    from: `return { kind: 'lost' };`,
    to: `return { kind: 'unreached' };`,
    test: { file: tool, name: 'is one request, even where the connection breaks' },
  },
  {
    promise: 'P12',
    guard: 'The secret of an origin is taken out of what it answers',
    owner: 'activities/tools/shown-text.ts',
    from: 'const whole = withoutSecrets(text, origin, isCut);',
    to: 'const whole = text;',
    test: { file: answers, name: 'is not in a refusal' },
  },
  {
    promise: 'P12',
    guard: 'Where an answer is cut no half of a secret stays',
    owner: 'activities/tools/shown-text.ts',
    from: 'return isCut ? shown.slice(0, -Math.max(...spellings.map(({ length }) => length))) : shown;',
    to: 'return isCut ? shown : shown;',
    test: { file: answers, name: 'is not half there where a result is cut' },
  },
  {
    promise: 'P12',
    guard: 'The secret of an origin does not go along to another one',
    owner: 'activities/tools/guarded-http.ts',
    from: 'return next?.origin === url.origin ? next.href : null;',
    to: 'return next?.href ?? null;',
    test: { file: answers, name: 'does not go along to another origin' },
  },
  {
    promise: 'P12',
    guard: 'Settings with secrets that cannot be read are told by their place alone',
    owner: 'runtime/http-origins.ts',
    from: `context.addIssue('is not JSON');`,
    to: `context.addIssue(text);`,
    test: {
      file: 'tests/runtime/http-origins.test.ts',
      name: 'that cannot be read are told by their place, never by their value',
    },
  },
];
