/** Keeps Temporal's Web UI true: current details at every step, search attributes when they change. */
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import { searchAttributes } from '../contracts/search-attributes.js';
import type { Run } from './run-state.js';
import { detailsOf, outlineOf } from './words.js';

const status = defineSearchAttributeKey(searchAttributes.status.name, 'KEYWORD');
const waiting = defineSearchAttributeKey(searchAttributes.waiting.name, 'KEYWORD_LIST');

/** Shows each state of a run once; what did not change costs no event. */
export function createShowing(): { show(run: Run): void } {
  // A server without our search attributes must still run agents: then none were set at the start.
  const isSearchable = workflowInfo().typedSearchAttributes.get(status) !== undefined;
  let shown = '';
  return {
    show(run) {
      setCurrentDetails(detailsOf(run));
      const outline = outlineOf(run);
      const text = JSON.stringify(outline);
      if (!isSearchable || text === shown) return;
      shown = text;
      upsertSearchAttributes([
        { key: status, value: outline.status },
        { key: waiting, value: [...outline.waiting] },
      ]);
    },
  };
}
