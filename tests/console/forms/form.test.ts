import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { blankDraft, draftOf, readDraft, type Draft } from '../../../console/forms/form-draft.js';
import { formOf, type FormField } from '../../../console/forms/form-model.js';

const refund = {
  type: 'object',
  properties: {
    orderId: { type: 'string', maxLength: 40 },
    amountCents: { type: 'integer', description: 'In cents.' },
    reason: { type: 'string' },
    isUrgent: { type: 'boolean' },
    channel: { enum: ['card', 'cash', 3] },
    items: {
      type: 'array',
      items: { type: 'object', properties: { sku: { type: 'string', format: 'uri' } } },
    },
    extra: { anyOf: [{ type: 'string' }, { type: 'number' }] },
  },
  required: ['orderId', 'amountCents'],
  additionalProperties: false,
};

const fieldsOf = (field: FormField): readonly FormField[] =>
  field.kind === 'group' ? field.fields : [];
const typed = (draft: Draft, name: string, its: Draft): Draft =>
  draft.kind === 'group' ? { ...draft, fields: { ...draft.fields, [name]: its } } : draft;

/** A schema together with values that fit it, and some that do not. */
interface Case {
  readonly schema: object;
  readonly value: unknown;
}
const caseOf = (schema: object, values: fc.Arbitrary<unknown>): fc.Arbitrary<Case> =>
  values.map((value) => ({ schema, value }));
const leaf: fc.Arbitrary<Case> = fc.oneof(
  caseOf({ type: 'string' }, fc.string({ unit: 'binary' })),
  caseOf({ type: 'number' }, fc.double({ noNaN: true, noDefaultInfinity: true })),
  caseOf({ type: 'integer' }, fc.maxSafeInteger()),
  caseOf({ type: 'boolean' }, fc.boolean()),
  caseOf({ enum: ['a', 1, null] }, fc.constantFrom('a', 1, null)),
  caseOf({ type: ['string', 'null'] }, fc.option(fc.string())),
  caseOf({}, fc.jsonValue()),
  caseOf({ type: 'string' }, fc.jsonValue()),
);
const nested = fc.letrec<{ case: Case }>((tie) => ({
  case: fc.oneof(
    { maxDepth: 4 },
    leaf,
    tie('case').map(({ schema, value }) => ({
      schema: { type: 'array', items: schema },
      value: [value, value],
    })),
    fc.dictionary(fc.string({ minLength: 1 }), tie('case'), { maxKeys: 4 }).map((cases): Case => {
      const names = Object.keys(cases);
      const of = (key: keyof Case) =>
        Object.fromEntries(names.map((name) => [name, cases[name]?.[key]]));
      return { schema: { type: 'object', properties: of('schema') }, value: of('value') };
    }),
  ),
})).case;

describe('a form made from a JSON Schema', () => {
  test('gives back exactly the value it was filled in from, whatever schema and value are', () => {
    fc.assert(
      fc.property(nested, ({ schema, value }) => {
        const field = formOf(schema);
        const json = JSON.parse(JSON.stringify(value)) as unknown;
        expect(readDraft(field, draftOf(field, json))).toEqual({ value: json, problems: [] });
      }),
      { numRuns: 300 },
    );
  });

  test('has a field of its own for each kind of value, and JSON for what it cannot show', () => {
    const field = formOf(refund);
    expect(fieldsOf(field).map(({ name, kind }) => [name, kind])).toEqual([
      ['orderId', 'text'],
      ['amountCents', 'number'],
      ['reason', 'text'],
      ['isUrgent', 'truth'],
      ['channel', 'choice'],
      ['items', 'list'],
      ['extra', 'json'],
    ]);
    expect(fieldsOf(field)[1]).toMatchObject({ label: 'Amount cents', help: 'In cents.' });
    expect(fieldsOf(field)[0]).toMatchObject({ isLong: false, isRequired: true });
    expect(fieldsOf(field)[2]).toMatchObject({ isLong: true, isRequired: false });
    for (const schema of [null, {}, { type: 'object' }, { oneOf: [] }, { $ref: '#/x' }]) {
      expect(formOf(schema).kind).toBe('json');
    }
  });

  test('shows as JSON what does not fit its schema, fields that it does not name included', () => {
    const field = formOf(refund);
    expect(draftOf(field, { orderId: '1', surprise: true }).kind).toBe('json');
    const draft = draftOf(field, { orderId: 7, channel: 'gold' });
    const kinds = draft.kind === 'group' ? draft.fields : {};
    expect(kinds['orderId']).toEqual({ kind: 'json', text: '7' });
    expect(kinds['channel']).toEqual({ kind: 'json', text: '"gold"' });
  });

  test('is as deep as people can read, and JSON below', () => {
    let schema: object = { type: 'string' };
    for (let depth = 0; depth < 40; depth += 1) schema = { type: 'array', items: schema };
    let field = formOf(schema);
    let depth = 0;
    while (field.kind === 'list') {
      field = field.item;
      depth += 1;
    }
    expect([field.kind, depth]).toEqual(['json', 5]);
  });

  test('says of each field what keeps it from being sent, and sends nothing then', () => {
    const field = formOf(refund);
    let draft = draftOf(field, { orderId: '44', amountCents: 100 });
    draft = typed(draft, 'amountCents', { kind: 'number', text: '10.5' });
    draft = typed(draft, 'extra', { kind: 'json', text: '{' });
    expect(readDraft(field, draft)).toEqual({
      value: null,
      problems: [
        { path: 'amountCents', message: 'This must be a whole number.' },
        { path: 'extra', message: 'This is not JSON.' },
      ],
    });
    for (const text of ['', ' ', 'ten', 'Infinity', '1,5']) {
      const wrong = typed(draft, 'amountCents', { kind: 'number', text });
      expect(readDraft(field, wrong).problems).toHaveLength(2);
    }
  });

  test('leaves out an optional field, and begins with the required ones', () => {
    const field = formOf(refund);
    const draft = draftOf(field, { orderId: '44', amountCents: 100, reason: 'late' });
    const without = typed(draft, 'reason', { kind: 'absent' });
    expect(readDraft(field, without).value).toEqual({ orderId: '44', amountCents: 100 });
    expect(blankDraft(field)).toMatchObject({
      fields: { orderId: { kind: 'text', text: '' }, reason: { kind: 'absent' } },
    });
  });
});
