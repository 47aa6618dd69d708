import { expect, it, jest } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { ApprovalView } from '../../contracts/approval.js';
import type { GrantView } from '../../contracts/grant.js';
import { askRun } from '../support/asked-run.js';
import { describeInBrowser, findBarriers, overflowOf } from '../support/browser.js';
import { approve, status, useConsole } from '../support/console.js';
import { refundsOf } from '../support/story.js';

jest.setTimeout(120_000);

const keyboard = async (page: Page, ...keys: readonly string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
};

describeInBrowser('a question to people, in Chromium', () => {
  const belay = useConsole();
  const keyOf = (who: string): string => belay.stack.test.principals[who] ?? '';

  /** Opens a page and becomes somebody by the key panel, as people do. */
  const openAs = async (who: string, route: string, width = 1_280) => {
    const page = await belay.open(route, { viewport: { width, height: 900 } });
    await page.getByRole('button', { name: 'Use an API key' }).click();
    await page.getByLabel('API key').fill(keyOf(who));
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText(`You are ${who}`).waitFor();
    return page;
  };
  const ask = async (message: string): Promise<ApprovalView> => {
    const run = await belay.stack.api.start(message);
    const [approval] = await belay.stack.api.untilAsked(run.id);
    return approval!;
  };

  it('takes two people, and an edit makes the vote before it void', async () => {
    const { id, runId } = await ask('Refund order 44, it arrived broken');
    const route = `/approvals/${id}`;
    const [ana, ben, cleo] = await Promise.all([
      openAs('ana', route),
      openAs('ben', route),
      openAs('cleo', route, 390),
    ]);
    await ana.getByText('0 of 2 votes').waitFor();
    await approve(ana).click();
    await ana.locator('.outcome:focus', { hasText: 'Your vote counts: 1 of 2.' }).waitFor();
    expect(await approve(ana).count()).toBe(0);
    await ben.getByText('1 of 2 votes: ana').waitFor();
    await ben.getByRole('button', { name: 'Edit…' }).click();
    await ben.getByLabel('Amount cents').fill('100000');
    await ben.getByText('What ana said will be void').waitFor();
    const changed = ben.locator('.edit tr.is-changed');
    expect(await changed.locator('td').allTextContents()).toEqual([
      '1250.00 EUR (125000)',
      '1000.00 EUR (100000)',
    ]);
    expect(await findBarriers(ben)).toEqual([]);
    await ben.getByRole('button', { name: 'Use these instead' }).click();
    await ben.locator('.outcome:focus', { hasText: 'Your vote counts: 1 of 2.' }).waitFor();
    expect(await ben.locator('.changed').count()).toBe(0);
    await ana.locator('.votes del', { hasText: 'ana approved' }).waitFor();
    await ana.getByText('void: ben changed the arguments afterwards').waitFor();
    await cleo.getByText(/ben changed the arguments at [\d:]+\./).waitFor();
    expect(await approve(cleo).count()).toBe(0);
    expect(await overflowOf(cleo)).toBe(0);
    expect(await findBarriers(cleo)).toEqual([]);
    await cleo.getByRole('button', { name: 'I have looked at the new arguments' }).click();
    await approve(cleo).click();
    await cleo.locator('.outcome', { hasText: 'ben and cleo approved this at' }).waitFor();
    await belay.stack.api.until(runId, 'completed');
    expect(await refundsOf(belay.stack, 'ch_44')).toMatchObject([{ refund: { amount: 100_000 } }]);
    await ana.goto(`${belay.stack.gatewayUrl}/runs/${runId}`);
    await ana.locator('.comparison', { hasText: 'Planned' }).waitFor();
    await ana
      .getByText(/^Happened: refund 1250\.00 EUR .+, with arguments changed by ben/)
      .waitFor();
    expect(await findBarriers(ana)).toEqual([]);
  });

  it('sends no yes to other arguments than those shown, and shows what was changed', async () => {
    const approval = await ask(`Refund order ${belay.nextOrder()}, broken`);
    const page = await openAs('ana', `/approvals/${approval.id}`);
    await approve(page).waitFor();
    // The page goes on seeing the question as it was, as one that is slow would.
    const seen = await page.evaluate(
      async ([self, key]) =>
        (await fetch(self!, { headers: { authorization: `Bearer ${key}` } })).text(),
      [approval.links.self, keyOf('ana')],
    );
    const sent: unknown[] = [];
    await page.route(`**${approval.links.self}`, (asked) =>
      sent.length === 0 ? asked.fulfill({ body: seen }) : asked.continue(),
    );
    await page.route('**/decisions', (asked) => {
      sent.push(asked.request().postDataJSON());
      return asked.continue();
    });
    const args = { ...(approval.args as object), amountCents: 60_000 };
    const edit = { decision: 'edit', argsDigest: approval.argsDigest, args };
    const ben = belay.stack.api.as(keyOf('ben'));
    expect((await ben.call('POST', approval.links.decisions, edit)).status).toBe(200);
    await approve(page).click();
    await page.getByText('The arguments were changed while you were reading.').waitFor();
    expect(sent).toMatchObject([{ decision: 'approve', argsDigest: approval.argsDigest }]);
    const now = page.locator('.changed tr.is-changed td').nth(1);
    expect(await now.textContent()).toBe('600.00 EUR (60000)');
    expect(await approve(page).count()).toBe(0);
    await page.getByRole('button', { name: 'I have looked' }).click();
    await page.getByLabel('Message').fill('That is too much');
    await page.getByRole('button', { name: 'Reject' }).click();
    await page.locator('.outcome', { hasText: 'ana rejected this at' }).waitFor();
    await belay.stack.api.until(approval.runId, 'ended');
  });

  it('says at the form why an edit was refused, and keeps what was typed', async () => {
    const { id, runId } = await ask(`Refund order ${belay.nextOrder()}, broken`);
    const page = await openAs('ana', `/approvals/${id}`);
    await page.getByRole('button', { name: 'Edit…' }).click();
    await page.getByRole('button', { name: 'Use these instead' }).click();
    await page.getByText('These are the same arguments').waitFor();
    await page.getByLabel('Amount cents').fill('ten');
    await page.getByText('This must be a whole number.').waitFor();
    await page.getByLabel('Amount cents').fill('0');
    await page.getByRole('button', { name: 'Use these instead' }).click();
    await page.locator('.edit .problem', { hasText: 'amountCents' }).waitFor();
    expect(await page.getByLabel('Amount cents').inputValue()).toBe('0');
    await page.getByRole('button', { name: 'Discard the edit' }).click();
    await page.getByLabel('Message').fill('Sold out: offer another one');
    await page.getByRole('button', { name: 'Answer instead' }).click();
    await page.locator('.outcome', { hasText: 'ana answered instead this at' }).waitFor();
    await belay.stack.api.until(runId, 'ended');
  });

  it('is decided by keys that arm first, act on the focused question, and on no list', async () => {
    const first = await ask(`Refund order ${belay.nextOrder()}, broken`);
    const second = await ask(`Refund order ${belay.nextOrder()}, broken`);
    const page = await openAs('ana', `/approvals/${first.id}`);
    const sent: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') sent.push(request.url());
    });
    const armed = page.locator('.armed p');
    await page.locator('article:focus').waitFor();
    await keyboard(page, 'a');
    await page.getByText(`Press Enter to approve: ${first.title}.`).waitFor();
    await keyboard(page, 'x', 'Enter', 'a', 'Escape', 'Enter');
    expect(await armed.count()).toBe(0);
    await keyboard(page, 'r');
    await page.getByText('Say why before you reject.').waitFor();
    await page.locator('textarea:focus').waitFor();
    await page.keyboard.type('are we sure');
    expect(await page.getByLabel('Message').inputValue()).toBe('are we sure');
    await keyboard(page, 'Escape');
    await page.locator('article:focus').waitFor();
    await keyboard(page, 'r');
    await page.getByText('saying “are we sure”').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    expect(sent).toEqual([]);
    await page.goto(belay.stack.gatewayUrl);
    const card = page.getByRole('article').filter({ hasText: `order ${belay.lastOrder}` });
    await approve(page).nth(1).waitFor();
    await card.focus();
    await keyboard(page, 'a', 'Enter');
    expect(await page.locator('kbd, .armed p').count()).toBe(0);
    expect(sent).toEqual([]);
    await page.goto(`${belay.stack.gatewayUrl}/approvals/${second.id}`);
    await page.locator('article:focus').waitFor();
    await keyboard(page, 'a', 'Enter');
    await page.locator('.outcome:focus', { hasText: 'ana approved this at' }).waitFor();
    expect(sent).toEqual([`${belay.stack.gatewayUrl}${second.links.decisions}`]);
    await belay.stack.api.as(keyOf('ana')).decide(first, 'reject', 'enough');
    await belay.stack.api.until(first.runId, 'ended');
  });

  it('offers a grant for the next ones like it, which takes the same votes and can be revoked', async () => {
    const asked = await ask('Refund order 44, it arrived broken');
    const ana = await openAs('ana', `/approvals/${asked.id}`);
    await ana.getByText('Allow the next ones like this').click();
    const condition = ana.getByLabel('Condition (CEL)');
    expect(await condition.inputValue()).toBe(
      'args.amountCents <= 125000 && args.currency == "EUR"',
    );
    await ana.getByLabel('How many calls').fill('3');
    await ana.getByLabel('Why?').fill('A recall: all of them come back');
    await ana.getByRole('button', { name: 'Propose this grant' }).click();
    await ana.getByRole('link', { name: 'standing grants' }).click();
    const title = 'refund-desk may call issue_refund 3 times without asking';
    await ana.getByRole('article', { name: title }).getByText('1 of 2 votes: ana').waitFor();
    const ben = await openAs('ben', '/grants', 390);
    const card = ben.getByRole('article', { name: title });
    await card.getByText('1 of 2 votes: ana. 1 more of finance needed').waitFor();
    await ben.getByRole('link', { name: 'Grants 1 to vote on' }).waitFor();
    expect(await findBarriers(ben)).toEqual([]);
    expect(await overflowOf(ben)).toBe(0);
    await card.getByRole('button', { name: 'Vote for these terms' }).click();
    await card.getByText('2 of 2 votes: ana and ben').waitFor();
    await card.locator('.badge', { hasText: 'active' }).waitFor();
    await card.getByText('Revoke it…').click();
    await card.getByLabel('Why is it to hold no more?').fill('The recall is over');
    await card.getByRole('button', { name: 'Revoke it now' }).click();
    await card.getByText(/^ben revoked it at [\d:]+\./).waitFor();
    await card.getByText('The recall is over').waitFor();
    await belay.stack.api.as(keyOf('ana')).decide(asked, 'reject', 'It was a try');
    await belay.stack.api.until(asked.runId, 'ended');
  });

  it('leads from a grant to the runs that used it, and from a run to its grant', async () => {
    const ana = belay.stack.api.as(keyOf('ana'));
    const terms = { agent: 'refund-desk', tool: 'issue_refund', rule: 'refund-medium', uses: 1 };
    const proposal = { ...terms, expiresIn: '1h', reason: 'Small ones go fast' };
    await ana.call<GrantView>('POST', '/v1/grants', proposal);
    const run = await belay.stack.api.start(`Refund order ${belay.nextOrder()}, broken`);
    await belay.stack.api.until(run.id, 'completed');
    const page = await belay.open('/grants');
    const card = page.getByRole('article', { name: 'issue_refund once without asking' });
    await card.getByText('1 of 1').first().waitFor();
    await card.getByText('What it was used for').click();
    await card.getByText(/sent at [\d:]+/).waitFor();
    await card.getByRole('link', { name: run.id }).click();
    await page.getByText('Allowed by a standing grant').waitFor();
    await page.route('**/v1/grants?*', (known) =>
      known.fulfill({ status: 404, json: { status: 404, code: 'not-found', title: 'Not found' } }),
    );
    await page.goto(`${belay.stack.gatewayUrl}/grants`);
    await page.getByText('This gateway knows no standing grants.').waitFor();
  });

  it('alarms on the page of a run whose rows were changed by somebody', async () => {
    const { id, runId, argsDigest, links } = await ask(`Refund order ${belay.nextOrder()}, broken`);
    await belay.stack.worker.kill('SIGKILL');
    const ana = belay.stack.api.as(keyOf('ana'));
    await ana.call('POST', links.decisions, { decision: 'approve', argsDigest });
    const { pool } = belay.stack.test.database;
    await pool.query(`UPDATE approval SET approvers = '{anyone}' WHERE id = $1`, [id]);
    await belay.stack.worker.start();
    const page = await belay.open(`/runs/${runId}`);
    await status(page, 'completed').waitFor();
    const alarm = page.locator('.alarm');
    await alarm.getByText('Somebody changed the database').waitFor();
    await alarm.getByText('approvers: not those of the rule').waitFor();
    await page.locator('.badge', { hasText: 'tampered' }).waitFor();
    expect(await findBarriers(page)).toEqual([]);
  });

  it('takes a yes back while nothing of it is carried out', async () => {
    await belay.stack.worker.kill('SIGKILL');
    const { database } = belay.stack.test;
    const asked = await askRun(belay.stack.api, database, { undoWindowMs: 60_000 });
    const page = await openAs('ana', `/runs/${asked.runId}`);
    await approve(page).click();
    const bar = page.locator('.take-back');
    await bar.getByText(/^It is carried out in \d+ s/).waitFor();
    await page.reload();
    expect(await findBarriers(page)).toEqual([]);
    await bar.getByRole('button', { name: 'Take it back' }).click();
    await page.locator('.outcome', { hasText: 'ana took the approval back at' }).waitFor();
    expect(await bar.count()).toBe(0);
  });
});
