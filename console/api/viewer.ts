/** Who looks: the principal as which the gateway knows this page. */
import { useEffect } from 'preact/hooks';
import type { MeView } from '../../contracts/principal-views.js';
import { find } from './request.js';
import { createStore, useStore } from './store.js';

const viewer = createStore<MeView | null>(null);
let isAsked = false;

/** Null until it is known, and where the gateway does not say. A key is never changed in a page. */
export function useViewer(): MeView | null {
  useEffect(() => {
    if (isAsked) return;
    isAsked = true;
    void find<MeView>('/v1/me').then((me) => {
      isAsked = me !== null;
      viewer.set(me);
    });
  }, []);
  return useStore(viewer);
}
