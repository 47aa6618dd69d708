/** `docs/promises.md`: every promise with its guards, their owners and their tests. */
import { guards } from './guards.js';
import { notYetOf, promises } from './promises.js';

/** Where the page lies. */
export const pageFile = 'docs/promises.md';

/** The page, made of the rows. */
export const promisesPage = (): string =>
  [
    '# Promises, and what holds them',
    '',
    'Each row names a guard, the file that holds it, and a test that goes red when it is removed.',
    '`npm run guards` removes them one after another in a copy of the tree and demands exactly that;',
    '`npm run guards -- P3` takes those of one promise, and `npm run guards -- --page` writes this page',
    'from `tests/guards/rows/`. `npm test` checks that page and rows still fit the code.',
    '',
    ...promises.flatMap(sectionOf),
  ].join('\n');

function sectionOf(promise: (typeof promises)[number]): string[] {
  const rows = guards.filter((guard) => guard.promise === promise.id);
  const notYet = notYetOf(promise);
  const table = ['| guard | owner | test |', '| --- | --- | --- |'];
  return [
    `## ${promise.id}. ${promise.text}`,
    '',
    ...(notYet === null ? [] : [`Not yet: ${notYet}`, '']),
    ...(rows.length === 0 ? [] : [...table, ...rows.map(rowOf), '']),
  ];
}

const rowOf = ({ guard, owner, test }: (typeof guards)[number]): string =>
  `| ${guard} | ${linkOf(owner)} | ${linkOf(test.file)} › ${escaped(test.name)} |`;

const linkOf = (file: string): string => `[${file}](../${file})`;
const escaped = (text: string): string => text.replaceAll(/[|[\]<>*_]/g, (mark) => `\\${mark}`);
