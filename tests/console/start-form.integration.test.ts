/** Starting runs from the console, in a real browser: with a message, or with the fields of a form. */
import { expect, it, jest } from '@jest/globals';
import type { RunView } from '../../contracts/run.js';
import { describeInBrowser, findBarriers, overflowOf } from '../support/browser.js';
import { status, useConsole } from '../support/console.js';

jest.setTimeout(120_000);

describeInBrowser('the form that starts a run', () => {
  const belay = useConsole();

  it('is one message for the agent that a newcomer meets first, filled in by an example', async () => {
    const page = await belay.open('/');
    await page.getByLabel('Message to refund-desk').waitFor();
    await page.getByRole('button', { name: 'Refund order 45', exact: true }).click();
    await page.getByRole('button', { name: 'Start the run' }).click();
    await status(page, 'completed').waitFor();
    await page.getByRole('heading', { level: 1, name: 'Refund order 45' }).waitFor();
  });

  it('has the fields of an agent that is told more, refuses what does not fit, and starts it', async () => {
    const page = await belay.open('/', { viewport: { width: 360, height: 740 } });
    await page.getByLabel('Agent').selectOption('analyst');
    const question = page.getByLabel('Question');
    // Filled in as the first example has it.
    expect(await question.inputValue()).toContain('How many orders were refunded');
    await question.fill('How many orders are there?');
    await page.getByRole('button', { name: 'Add: Pages' }).click();
    await page.getByRole('button', { name: 'Add to: Pages' }).click();
    await page.getByLabel('Pages 1').fill('not an address');
    expect([await findBarriers(page), await overflowOf(page)]).toEqual([[], 0]);
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.getByRole('alert').getByText('/input/pages/0', { exact: true }).waitFor();
    await page.getByLabel('Pages 1').fill('http://127.0.0.1:1/nowhere');
    await page.getByRole('button', { name: 'Start the run' }).click();
    await status(page, 'completed').waitFor();
    await page.getByRole('heading', { level: 1, name: 'How many orders are there?' }).waitFor();
    // All of what it was told stands below.
    await page.getByText('"pages":["http://127.0.0.1:1/nowhere"]').first().waitFor();
    const { body } = await belay.stack.api.call<{ data: readonly RunView[] }>(
      'GET',
      '/v1/runs?agent=analyst',
    );
    expect(body.data).toMatchObject([
      { input: { question: 'How many orders are there?', pages: ['http://127.0.0.1:1/nowhere'] } },
    ]);
  });
});
