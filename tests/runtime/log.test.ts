import { expect, test } from '@jest/globals';
import { errorFields } from '../../runtime/log.js';

test('of an error only its class, its code and its place are logged, never its text', () => {
  const error = Object.assign(new RangeError('card 4242\n    at the bank'), { code: 'E_CARD' });
  const fields = errorFields(error);
  expect(fields).toMatchObject({ error: 'RangeError', code: 'E_CARD' });
  expect(fields.at).toContain('log.test');
  expect(JSON.stringify(fields)).not.toMatch(/4242|bank/);
});

test('of anything else that is thrown only its type is logged', () => {
  expect(errorFields('card 4242')).toEqual({ error: 'string' });
});
