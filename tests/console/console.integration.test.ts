import { expect, it, jest } from '@jest/globals';
import type { RunView } from '../../contracts/run.js';
import { describeInBrowser, findBarriers, overflowOf } from '../support/browser.js';
import { approve, status, useConsole } from '../support/console.js';
import { eventually } from '../support/eventually.js';
import { refundsOf } from '../support/story.js';

jest.setTimeout(120_000);

describeInBrowser('the console in Chromium', () => {
  const belay = useConsole();

  it('starts a run, is loaded again in the middle, approves, and shows it complete', async () => {
    const page = await belay.open('/');
    await page
      .getByLabel('Message to refund-desk')
      .fill(`Refund order ${belay.nextOrder()}, broken`);
    await page.getByRole('button', { name: 'Start the run' }).click();
    await approve(page).waitFor();
    expect(await page.locator(':focus').getAttribute('id')).toBe('page-title');
    const address = page.url();
    expect(address).toMatch(/\/runs\/run_/);
    await page.reload();
    await page.getByRole('cell', { name: `${(belay.lastOrder / 100).toFixed(2)} EUR` }).waitFor();
    await eventually('the title counts', async () => (await page.title()).startsWith('(1) Run'));
    await approve(page).click();
    await status(page, 'completed').waitFor();
    await page.locator('.outcome', { hasText: 'local approved this at' }).waitFor();
    expect(page.url()).toBe(address);
    await page.getByRole('link', { name: 'Runs', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor();
    await page.goBack();
    await status(page, 'completed').waitFor();
  });

  it('tells a late click who decided what, and when; and keeps what was typed', async () => {
    const run = await belay.startAsking();
    const page = await belay.open('/');
    const card = page.getByRole('article').filter({ hasText: `order ${belay.lastOrder}` });
    await card.getByLabel('Message').fill('fine with me');
    // The page goes on seeing the question as it was, as one that is slow would.
    const seen = await (
      await fetch(`${belay.stack.gatewayUrl}/v1/approvals?status=pending`)
    ).text();
    await page.route('**/v1/approvals?*', (route) => route.fulfill({ body: seen }));
    const [approval] = await belay.stack.api.pending(run.id);
    const ana = belay.stack.api.as(belay.stack.test.principals['ana'] ?? '');
    await ana.decide(approval!, 'reject', 'the customer kept it');
    await card.getByRole('button', { name: 'Approve' }).click();
    await card.getByText(/ana rejected this at [\d:]+, .+ before you\. Your answer was/).waitFor();
    await card.getByText('fine with me').waitFor();
    await card.getByText('the customer kept it').waitFor();
    expect(await card.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    await belay.stack.api.until(run.id, 'ended');
  });

  it('is decided with the keyboard alone, and the focus is never lost', async () => {
    const run = await belay.startAsking();
    const page = await belay.open(`/runs/${run.id}`);
    await approve(page).waitFor();
    const tabTo = async (text: string): Promise<void> => {
      for (let tabs = 0; tabs < 40; tabs += 1) {
        await page.keyboard.press('Tab');
        // What follows is the key of the button.
        if ((await page.locator(':focus').textContent())?.startsWith(text) === true) return;
      }
      throw new Error(`The keyboard does not reach ${text}`);
    };
    await tabTo('Reject');
    await page.keyboard.press('Enter');
    await page.getByText('Say why before you reject.').waitFor();
    await page.locator(':focus[aria-invalid="true"]').waitFor();
    await tabTo('Approve');
    const outline = await page.locator(':focus').evaluate((button) => {
      const { getComputedStyle } = globalThis as unknown as {
        getComputedStyle(of: unknown): { outlineStyle: string };
      };
      return getComputedStyle(button).outlineStyle;
    });
    expect(outline).toBe('solid');
    await page.keyboard.press('Enter');
    await page.locator('.outcome:focus').waitFor();
    expect(await page.locator(':focus').textContent()).toContain('local approved this at');
    await status(page, 'completed').waitFor();
  });

  it('shows what others wrote as text, runs none of it, and hides no character', async () => {
    const evil = '<img src=x onerror="hacked=1"><script>hacked=1</script>\u202e';
    const run = await belay.startAsking(evil);
    const page = await belay.open(`/runs/${run.id}`);
    await page.getByLabel('Message').fill(`${evil} no`);
    await page.getByRole('button', { name: 'Reject' }).click();
    await status(page, 'completed').waitFor();
    await page.getByText('Raw JSON').click();
    expect(await page.locator('main').textContent()).toContain(
      String.raw`<img src=x onerror="hacked=1"><script>hacked=1</script>\u202e`,
    );
    expect(await page.locator('main').textContent()).not.toContain('\u202e');
    expect(await page.locator('img, main script').count()).toBe(0);
    expect(await page.evaluate(() => Object.hasOwn(globalThis, 'hacked'))).toBe(false);
    const refusal = await page.evaluate(() => {
      const { document } = globalThis as unknown as {
        document: { createElement(tag: string): { innerHTML: string } };
      };
      try {
        document.createElement('div').innerHTML = '<b>';
        return '';
      } catch (error) {
        return String(error);
      }
    });
    expect(refusal).toContain('TrustedHTML');
    expect(page.complaints.splice(0)).toEqual([expect.stringContaining('TrustedHTML')]);
  });

  it('goes on by itself when the gateway was killed', async () => {
    const run = await belay.startAsking();
    const page = await belay.open(`/runs/${run.id}`);
    await approve(page).waitFor();
    await belay.stack.gateway.kill('SIGKILL');
    await page.getByText('The gateway does not answer; trying again.').waitFor();
    await belay.stack.gateway.start();
    await page.getByText('The gateway does not answer').waitFor({ state: 'hidden' });
    await page.getByText('Live.').waitFor();
    await approve(page).click();
    await page.getByText('The run is over.').waitFor();
    const events = await belay.stack.api.events(run.id);
    const shown = page.locator('.timeline .when');
    await shown.nth(events.length - 1).waitFor();
    expect(await shown.count()).toBe(events.length);
  });

  it('shows what the model writes as it comes, drops what was in vain, and then the turn alone', async () => {
    const { stack } = belay;
    const order = belay.nextOrder() - 3_000;
    const run = await stack.api.start(`[slow] [cut-stream] Refund order ${order}`);
    const page = await belay.open(`/runs/${run.id}`);
    const writing = page.locator('.timeline .is-writing');
    const text = writing.locator('blockquote');
    await text.waitFor();
    const seen = (await text.textContent()) ?? '';
    expect(seen).not.toBe('');
    // Nobody who listens to the page hears every word.
    expect(await writing.locator('xpath=ancestor-or-self::*[@aria-live or @role]').count()).toBe(0);
    expect(await findBarriers(page)).toEqual([]);
    await writing.getByText('attempt 2').waitFor();
    await text.waitFor();
    // Opened in the middle, or opened again, it begins with what was written so far.
    await page.reload();
    await text.waitFor();
    await status(page, 'completed').waitFor({ timeout: 60_000 });
    await writing.waitFor({ state: 'detached' });
    const events = await stack.api.events(run.id);
    const turns = events.filter(({ type }) => type === 'turn-committed');
    const texts = turns.map(({ data }) => (data as { text: string }).text).filter(Boolean);
    expect(texts[0]?.startsWith(seen)).toBe(true);
    // Painted as by one who comes afterwards.
    await page.getByText('The run is over.').waitFor();
    const painted = await page.locator('.timeline blockquote').allTextContents();
    expect(painted).toEqual(expect.arrayContaining(texts));
    await page.reload();
    await page.getByText('The run is over.').waitFor();
    expect(await page.locator('.timeline blockquote').allTextContents()).toEqual(painted);
  });

  it('kills the worker in the middle of a payment, and tells what came of it', async () => {
    const run = await belay.startAsking('[payments-slow]');
    const page = await belay.open(`/runs/${run.id}`);
    await approve(page).click();
    await page.locator('.kill.is-at-work').waitFor();
    const killed = belay.stack.worker.pid;
    await page.getByRole('button', { name: 'Kill the worker now' }).click();
    await eventually('the worker is dead', async () => !belay.stack.worker.running);
    await belay.stack.worker.start();
    belay.noteWorker();
    const card = page.getByRole('article', { name: 'The worker was killed' });
    await card.getByText('attempt 2 · refunds received by payments: 1').waitFor();
    await card.getByText(`Worker ${killed} was killed`).waitFor();
    await card.getByText(`Worker ${belay.stack.worker.pid} was started`).waitFor();
    await card.getByText('sent 2 times, under one key').waitFor();
    await status(page, 'completed').waitFor();
    await page.locator('.waited', { hasText: 'until the lost attempt was missed' }).waitFor();
    expect(await refundsOf(belay.stack, `ch_${belay.lastOrder}`)).toHaveLength(1);
    await page.reload();
    await card.getByText('attempt 2 · refunds received by payments: 1').waitFor();
    expect(await page.getByRole('button', { name: 'Kill the worker now' }).count()).toBe(0);
  });

  it('has no barrier and no sideways scrolling on any page, light or dark, at 360 px', async () => {
    const run = await belay.startAsking();
    const [approval] = await belay.stack.api.pending(run.id);
    const parked = await belay.stack.api.start(
      `Refund order ${belay.nextOrder() - 3_000}, broken [payments-500-after]`,
    );
    const isParked = async () =>
      (await belay.stack.api.run(parked.id)).waitingFor[0]?.kind === 'effect';
    await eventually('it is parked', isParked);
    const ended = (
      await belay.stack.api.call<{ data: RunView[] }>('GET', '/v1/runs?status=completed')
    ).body.data[0];
    const [effect] = await belay.stack.api.effects(parked.id);
    const stop = { scope: 'tool', name: 'send_email', reason: 'Mails went to the wrong people' };
    await belay.stack.api.call('POST', '/v1/kill-switches', stop);
    const routes = ['/', '/runs', `/runs/${run.id}`, `/approvals/${approval?.id}`];
    routes.push(`/effects/${effect?.key}`, '/kill-switches', '/grants');
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await belay.open('/', { colorScheme, viewport: { width: 360, height: 740 } });
      for (const route of [...routes, `/runs/${parked.id}`, `/runs/${ended?.id}`]) {
        await page.goto(`${belay.stack.gatewayUrl}${route}`);
        await page.locator('main article, main li, main p').first().waitFor();
        expect([route, colorScheme, await findBarriers(page)]).toEqual([route, colorScheme, []]);
        expect([route, await overflowOf(page)]).toEqual([route, 0]);
      }
    }
  });

  it('lists runs by status, a page at a time, each with an address of its own', async () => {
    await belay.stack.worker.kill('SIGKILL');
    for (let each = 0; each < 26; each += 1) await belay.stack.api.start('Refund order 45');
    const page = await belay.open('/runs');
    await page.getByRole('link', { name: 'queued' }).click();
    await page.locator('.runs > li').nth(24).waitFor();
    expect(new URL(page.url()).search).toBe('?status=queued');
    await page.getByRole('link', { name: 'Older runs' }).click();
    await page.getByRole('link', { name: 'Newest runs' }).waitFor();
    await page.locator('.runs > li').waitFor();
    expect(await page.locator('.runs > li').count()).toBe(1);
    await page.reload();
    await page.getByRole('link', { name: 'Newest runs' }).click();
    await page.locator('.runs > li').nth(24).waitFor();
  });
});
