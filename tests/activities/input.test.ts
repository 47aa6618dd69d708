import { expect, test } from '@jest/globals';
import { inputBlock } from '../../activities/conversation.js';

const textOf = (input: unknown) => inputBlock(JSON.stringify(input)).text;

test('a run that is started with a message alone shows the model that message', () => {
  expect(textOf({ message: 'Refund order 42' })).toBe('Refund order 42');
});

test.each([
  [{ message: 'Refund it', orderId: '42' }],
  [{ orderId: '42', message: 'Refund it' }],
  [{ question: 'How many?' }],
  [{ message: 42 }],
  [{}],
  [null],
  ['words'],
  [['message']],
])('one that is started with %j shows the model all of it, as JSON', (input) => {
  expect(textOf(input)).toBe(JSON.stringify(input));
});
