import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { openJournal } from '../../stand-ins/journal.js';
import { journalPaths } from '../support/stand-in-folder.js';

const newJournalPath = journalPaths();
let folders = 0;
let path: string;
beforeEach(() => {
  path = join(dirname(newJournalPath()), `deep-${(folders += 1)}`, 'journal.jsonl');
});

describe('a journal', () => {
  it('has everything that was appended when it is opened again', () => {
    const journal = openJournal<{ n: number }>(path);
    journal.append({ n: 1 });
    journal.append({ n: 2 });
    journal.close();
    const again = openJournal<{ n: number }>(path);
    again.append({ n: 3 });
    expect(again.entries()).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    again.close();
  });

  it('writes nothing after it was closed, whosever its descriptor is by then', () => {
    const journal = openJournal<string>(path);
    journal.close();
    // The lowest free number is given out first: this file has the one of the closed.
    const other = openJournal<string>(`${path}.other`);
    expect(() => journal.append('late')).toThrow('closed');
    expect(readFileSync(`${path}.other`, 'utf8')).toBe('');
    other.close();
  });

  it('is for its owner alone', () => {
    openJournal<string>(path).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is on disk before append returns', () => {
    const journal = openJournal<string>(path);
    journal.append('über');
    expect(readFileSync(path, 'utf8')).toBe('"über"\n');
    journal.close();
  });

  it('loses a line torn by a kill, and nothing else', () => {
    const journal = openJournal<{ n: number }>(path);
    journal.append({ n: 1 });
    journal.close();
    appendFileSync(path, '{"n":2');
    const again = openJournal<{ n: number }>(path);
    expect(again.entries()).toEqual([{ n: 1 }]);
    again.append({ n: 3 });
    again.close();
    const third = openJournal<{ n: number }>(path);
    expect(third.entries()).toEqual([{ n: 1 }, { n: 3 }]);
    third.close();
  });

  it('refuses a file that it did not write', () => {
    const journal = openJournal<string>(path);
    journal.close();
    writeFileSync(path, 'a letter\nof two lines\n');
    expect(() => openJournal(path)).toThrow(SyntaxError);
  });

  it('keeps entries apart from the objects they came from', () => {
    const journal = openJournal<{ n: number }>(path);
    const entry = { n: 1 };
    journal.append(entry);
    entry.n = 2;
    expect(journal.entries()).toEqual([{ n: 1 }]);
    journal.close();
  });
});
