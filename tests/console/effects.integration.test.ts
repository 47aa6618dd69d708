import { expect, it } from '@jest/globals';
import { describeInBrowser, findBarriers } from '../support/browser.js';
import { approve, status, useConsole } from '../support/console.js';
import { eventually } from '../support/eventually.js';

describeInBrowser('what was done, in Chromium', () => {
  const belay = useConsole();

  it('undoes a finished run in one of its own, and lists what is left to people', async () => {
    const run = await belay.startAsking();
    const page = await belay.open(`/runs/${run.id}`);
    await approve(page).click();
    await status(page, 'completed').waitFor();
    await page.getByText('Undo what this run did…').click();
    await page.getByLabel('Reason (may stay empty)').fill('The wrong customer.');
    await page.getByRole('button', { name: 'Undo what it did' }).click();
    await page.getByRole('heading', { name: `Undo what ${run.id} did` }).waitFor();
    expect(page.url()).toContain(`/runs/${run.id}%2Funwind`);
    await status(page, 'completed').waitFor();
    await page.getByText('The wrong customer.').waitFor();
    const answer = page.locator('.facts blockquote');
    expect(await answer.textContent()).toContain('For a person to undo:');
    expect(await page.getByText('Undo what this run did…').count()).toBe(0);
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole('link', { name: 'The run that it undoes' }).click();
    await page.getByRole('link', { name: 'How what it did was undone' }).waitFor();
  });

  it('takes a person’s word on what nobody knows, from the first page on', async () => {
    const run = await belay.stack.api.start(
      `Refund order ${belay.nextOrder() - 3_000}, broken [payments-500-after]`,
    );
    const page = await belay.open('/');
    const card = page.getByRole('article').filter({ hasText: `order ${belay.lastOrder - 3_000}` });
    await card.getByText('The service keeps answering with a failure that it stored.').waitFor();
    await eventually('the title counts', async () => (await page.title()).startsWith('('));
    await card.getByRole('link', { name: /^Refund/ }).click();
    await page.getByRole('heading', { level: 1, name: 'An effect' }).waitFor();
    await page.getByText('Parked until a person says what happened').waitFor();
    await page.getByLabel(/^It happened\. The call succeeds/).check();
    await page.getByRole('button', { name: 'Record this' }).click();
    await page.getByText('Say how you know it').waitFor();
    await page.getByLabel('How do you know?').fill('I looked into payments');
    await page.getByRole('button', { name: 'Record this' }).click();
    await page.locator('.outcome:focus').waitFor();
    expect(await page.locator(':focus').textContent()).toContain('local said that it happened');
    await page.getByRole('link', { name: 'the run' }).click();
    await status(page, 'completed').waitFor();
    await page.getByText('local said that it happened').waitFor();
    await belay.stack.api.until(run.id, 'ended');
  });

  it('holds all effects by a kill switch, says so on every page, and lets them go', async () => {
    const page = await belay.open('/kill-switches');
    await page.getByRole('button', { name: 'Hold them now' }).click();
    await page.getByText('Say why: people will ask.').waitFor();
    await page.getByLabel('Why?').fill('Refunds went wrong');
    await page.getByRole('button', { name: 'Hold them now' }).click();
    const banner = page.locator('.stops');
    await banner.getByText(/All effects are held: local set a kill switch at [\d:]+\./).waitFor();
    const run = await belay.stack.api.start(`Refund order ${belay.nextOrder() - 3_000}`);
    await page.goto(`${belay.stack.gatewayUrl}/runs/${run.id}`);
    await page.getByText('Held by a kill switch: waits for an operator').waitFor();
    await banner.getByText('Refunds went wrong').waitFor();
    await banner.getByRole('link').click();
    await page.getByLabel('Why is it safe to go on?').fill('Mended');
    await page.getByRole('button', { name: 'Lift it' }).click();
    await page.getByText('None: nothing is held.').waitFor();
    await page.getByText(/local set it at [\d:]+; local lifted it after/).waitFor();
    await banner.getByText('are held').waitFor({ state: 'detached' });
    expect((await belay.stack.api.until(run.id, 'ended')).status).toBe('completed');
  });
});
