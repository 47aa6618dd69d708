import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { JsonSchema } from '../../contracts/agent.js';
import { checkArguments, schemaProblems } from '../../policy/arguments.js';

const schema: JsonSchema = {
  type: 'object',
  properties: {
    orderId: { type: 'string', pattern: '^[0-9]{1,8}$' },
    amountCents: { type: 'integer', minimum: 1, maximum: 1_000 },
    kind: { enum: ['full', 'part'] },
    lines: { type: 'array', items: { type: 'object', properties: { n: { type: 'integer' } } } },
  },
  required: ['orderId', 'amountCents'],
  additionalProperties: false,
};

const valid = fc.record({
  orderId: fc.stringMatching(/^[0-9]{1,8}$/),
  amountCents: fc.integer({ min: 1, max: 1_000 }),
});

type Args = Record<string, unknown>;
/** Each turns good arguments into bad ones. */
const mutants: readonly ((args: Args) => unknown)[] = [
  (args) => ({ amountCents: args['amountCents'] }),
  (args) => ({ ...args, amountCents: String(args['amountCents']) }),
  (args) => ({ ...args, amountCents: 0 }),
  (args) => ({ ...args, amountCents: 1.5 }),
  (args) => ({ ...args, amountCents: null }),
  (args) => ({ ...args, orderId: Number(args['orderId']) }),
  (args) => ({ ...args, orderId: `${String(args['orderId'])}x` }),
  (args) => ({ ...args, extra: true }),
  (args) => ({ ...args, kind: 'none' }),
  (args) => [args],
  () => null,
  () => 'text',
];

describe('the check of arguments', () => {
  test('finds nothing in good arguments and something in every mutant of them', () => {
    fc.assert(
      fc.property(valid, fc.constantFrom(...mutants), (args, mutate) => {
        expect(checkArguments(schema, args)).toEqual([]);
        expect(checkArguments(schema, mutate(args))).not.toEqual([]);
      }),
    );
  });

  test('names the path of every problem', () => {
    const args = { orderId: 7, kind: 'none', lines: [{ n: 1 }, { n: 'x' }], secret: 1 };
    expect(checkArguments(schema, args)).toEqual([
      "arguments: must have required property 'amountCents'",
      'arguments: unknown key "secret"',
      'orderId: must be string',
      'kind: must be equal to one of the allowed values (full, part)',
      'lines.1.n: must be integer',
    ]);
  });

  test('changes nothing in the arguments', () => {
    const args = { orderId: '1', amountCents: '5' };
    checkArguments(schema, args);
    expect(args).toEqual({ orderId: '1', amountCents: '5' });
  });

  test('reads inherited names as any others', () => {
    const open = { type: 'object', required: ['toString'] };
    expect(checkArguments(open, {})).toHaveLength(1);
  });

  test('lets nothing through a schema that cannot be used', () => {
    const broken = { type: 'objekt' };
    expect(checkArguments(broken, {})).toHaveLength(1);
  });
});

describe('a schema that somebody wrote', () => {
  const inA = (its: object) => ({ type: 'object', properties: { a: its } });

  test.each([
    [inA({ type: 'string', maxLength: 4 }), []],
    [
      { type: 'objekt' },
      [[['type'], 'must be equal to one of the allowed values (array, boolean']],
    ],
    [inA({ maxLength: '4' }), [[['properties', 'a', 'maxLength'], 'must be integer']]],
    [{ type: 'object', required: 'a' }, [[['required'], 'must be array']]],
    [{ type: 'object', requird: ['a'] }, [[[], 'unknown keyword: "requird"']]],
    [inA({ pattern: '(' }), [[[], 'Invalid regular expression']]],
    [{ $ref: '#/nowhere' }, [[[], "can't resolve reference #/nowhere"]]],
  ] as const)('%j has the problems %j', (written, expected) => {
    expect(schemaProblems(written)).toEqual(
      expected.map(([path, message]) => ({ path, message: expect.stringContaining(message) })),
    );
  });
});
