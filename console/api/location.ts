/** Which page this is: the address decides, so that a refresh and the back button keep it. */
import { routeOf, type Route } from '../words/routes.js';
import { createStore } from './store.js';

const read = (): Route => routeOf(location.pathname, location.search);

export const route = createStore(read());

/** Opens another page of the console. */
export function navigate(path: string): void {
  history.pushState(null, '', path);
  scrollTo(0, 0);
  route.set(read());
}

/** Follows the back button, and links between pages of ours. */
export function followAddress(): void {
  addEventListener('popstate', () => route.set(read()));
  document.addEventListener('click', (event) => {
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!isPlain || event.altKey || event.defaultPrevented || link === null) return;
    const isOurs = link.origin === location.origin && link.target === '' && !link.download;
    const { pathname, search, hash } = link;
    if (!isOurs || hash !== '' || routeOf(pathname, search).view === 'nothing') return;
    event.preventDefault();
    navigate(`${pathname}${search}`);
  });
}
