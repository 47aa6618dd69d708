import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contentJsonOf } from '../../../activities/models/content-json.js';

it('an input stands as the model wrote it: order, numbers and spaces', () => {
  const input = '{ "2":1.0,"1":12345678901234567890,"a":"\\ud800" }';
  const use = {
    type: 'tool_use',
    id: 'toolu_1',
    name: 'look',
    input: JSON.parse(input) as unknown,
  };
  expect(contentJsonOf([{ type: 'text', text: 'so' }, use], new Map([[1, input]]))).toBe(
    `[{"type":"text","text":"so"},{"type":"tool_use","id":"toolu_1","name":"look","input":${input}}]`,
  );
});

it('says the same as the blocks do, and an input that was cut stands as it was closed', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(200), (value, cutAt) => {
      const input = JSON.stringify(value).slice(0, cutAt);
      const blocks = [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: value }];
      expect(JSON.parse(contentJsonOf(blocks, new Map([[0, input]])))).toEqual(
        JSON.parse(JSON.stringify(blocks)),
      );
    }),
  );
});
