import { describe, expect, test } from '@jest/globals';
import { createLookupOrder } from '../../../activities/tools/lookup-order.js';
import { closedShop, demoShop } from '../../support/demo-shop.js';
import { describeTool, toolContext } from '../../support/tool-conformance.js';

describeTool('lookup_order', {
  tool: () => createLookupOrder({ shop: demoShop }),
  orphan: () => createLookupOrder({ shop: closedShop }),
  args: { orderId: '42' },
  secrets: ['@'],
});

const lookUp = (orderId: string) =>
  createLookupOrder({ shop: demoShop }).run({ orderId }, toolContext(null));

describe('looking up an order', () => {
  test('shows what the shop knows of it', async () => {
    expect(await lookUp('42')).toEqual({
      kind: 'done',
      externalRef: null,
      result: {
        orderId: '42',
        status: 'delivered',
        totalCents: 18_000,
        currency: 'EUR',
        chargeId: 'ch_42',
        customerEmail: 'customer-42@example.com',
        refundedCents: 0,
        items: ['kettle'],
        note: '',
      },
    });
  });

  test('refuses an order that does not exist', async () => {
    expect(await lookUp('99')).toEqual({ kind: 'refused', message: 'There is no order 99.' });
  });

  test('is summed up by the number of the order', () => {
    const tool = createLookupOrder({ shop: demoShop });
    expect(tool.summary({ orderId: '42' })).toBe('look up order 42');
  });
});
