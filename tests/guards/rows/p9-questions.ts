/** P9: a question that nobody decides goes on to the next people, and says whom it waits for. */
import type { Guard } from '../guard.js';

const questions = 'tests/store/question-reminders.integration.test.ts';
const status = 'tests/contracts/status.test.ts';

export const questionGuards: readonly Guard[] = [
  {
    promise: 'P9',
    guard: 'An escalation is told when nobody decides and no worker runs',
    owner: 'store/question-reminders.ts',
    from: 'if (isRisen) writeLevel(transaction, question, level);',
    to: 'if (isRisen && isDue) writeLevel(transaction, question, level);',
    test: { file: questions, name: 'is put to the next ones once their time has come' },
  },
  {
    promise: 'P9',
    guard: 'Gateways look within seconds for questions that are to be told of',
    owner: 'server/remind.ts',
    from: '{ everyMs: 2_000, find: runsToTell, tell: tellOfQuestions },',
    to: '{ everyMs: 2_000_000, find: runsToTell, tell: tellOfQuestions },',
    test: { file: questions, name: 'is found by gateways by themselves within seconds' },
  },
  {
    promise: 'P9',
    guard: 'A question that nobody decides is reminded of at half of its time',
    owner: 'contracts/telling.ts',
    from: 'if (reminderMs < endMs) return rfc3339(reminderMs);',
    to: 'if (reminderMs < 0) return rfc3339(reminderMs);',
    test: {
      file: 'tests/contracts/telling.test.ts',
      name: 'is reminded of at half of its time',
    },
  },
  {
    promise: 'P9',
    guard: 'A question is reminded of once for each time, also after an outage',
    owner: 'store/question-reminders.ts',
    from: 'isRisen || isDue ? now : question.remindedAt,',
    to: 'isRisen ? now : question.remindedAt,',
    test: { file: questions, name: 'is reminded of once after an outage' },
  },
  {
    promise: 'P9',
    guard: 'A changed question escalates by the times of its new rule',
    owner: 'store/decision-writes.ts',
    from: 'nextLookAt({ ...question, requestedAt: approval.requestedAt, expiresAt }, now),',
    to: 'nextLookAt({ ...question, requestedAt: approval.requestedAt, expiresAt }, expiresAt),',
    test: { file: questions, name: 'is put to the next people by the times of its new rule' },
  },
  {
    promise: 'P9',
    guard: 'A run says that its question escalates, to whom and when',
    owner: 'contracts/telling.ts',
    from: 'const step = question.escalation[index];',
    to: 'const step = question.escalation[index + 99];',
    test: { file: status, name: 'says who is asked now, until when, and whom it escalates to' },
  },
  {
    promise: 'P9',
    guard: 'A run whose question expired says that it waits for a worker',
    owner: 'contracts/status.ts',
    from: "if (Date.parse(now) >= Date.parse(expiresAt)) return dependency('worker', expiresAt, tooLate);",
    to: "if (Date.parse(now) >= Infinity) return dependency('worker', expiresAt, tooLate);",
    test: { file: status, name: 'once its question has expired' },
  },
  {
    promise: 'P9',
    guard: 'A gateway tries few policies at a time, and says so to who comes then',
    owner: 'server/run-simulation.ts',
    from: 'if (underWay.size >= simulationsAtOnce.count) {',
    to: 'if (underWay.size >= 99) {',
    test: {
      file: 'tests/server/simulate.integration.test.ts',
      name: 'ends with its simulation, and holds up nobody else meanwhile',
    },
  },
];
