/** Makes and renews elements. Text has one door, which shows hidden characters as escapes. */
import { serverNow } from './api.js';
import { jsonParts, visibleParts, visibleText } from './visible.js';

/**
 * @typedef {Node | string | number | false | null | undefined} Child
 * @typedef {Child | readonly Child[]} Children
 */
/** @typedef {string | number | boolean | null | ((event: Event) => void)} Prop */

/**
 * An element with its text and children. A function is a listener, `true` an empty attribute.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Prop>} props
 * @param {...Children} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : visibleText(String(value)));
  }
  element.append(...nodesOf(children));
  return element;
}

/** @param {readonly Children[]} children @returns {Node[]} */
export const nodesOf = (children) =>
  children.flat().flatMap((child) => {
    if (child === null || child === undefined || child === false) return [];
    return child instanceof Node ? [child] : textNodes(String(child));
  });

/** @param {string} text @returns {Node[]} */
function textNodes(text) {
  return visibleParts(text).map((part) => {
    if (!part.escaped) return document.createTextNode(part.text);
    const mark = document.createElement('span');
    mark.className = 'escape';
    mark.title = 'A hidden character';
    mark.textContent = part.text;
    return mark;
  });
}

/**
 * Someone's own words: line breaks kept, and apart from what stands beside them.
 * @param {string} text
 */
export const quoted = (text) => h('blockquote', { dir: 'auto' }, text);

/** A JSON value in full. @param {unknown} value */
export const json = (value) =>
  h(
    'pre',
    { class: 'json', dir: 'ltr' },
    jsonParts(value).map(({ kind, text }) =>
      kind === 'plain' ? text : h('bdi', { class: kind, dir: 'ltr' }, text),
    ),
  );

/**
 * A link to elsewhere, only over http.
 * @type {(href: string, text: string) => HTMLElement | null}
 */
export function outwardLink(href, text) {
  if (!URL.canParse(href) || !/^https?:$/.test(new URL(href).protocol)) return null;
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, text);
}

/** A time, exact on hovering. @type {(at: string, text: string) => HTMLElement} */
export const time = (at, text) => h('time', { datetime: at, title: at }, text);

/** @type {WeakMap<Element, () => string>} */
const tickers = new WeakMap();

/**
 * Text that changes with time. It is renewed every second for as long as it is on the page.
 * @param {(nowMs: number) => string} textAt
 */
export function ticking(textAt) {
  const element = h('span', { 'data-tick': true }, textAt(serverNow()));
  tickers.set(element, () => textAt(serverNow()));
  return element;
}

/** Renews all {@link ticking} text. */
export function tick() {
  for (const element of document.querySelectorAll('[data-tick]')) {
    const text = tickers.get(element)?.() ?? '';
    const shown = visibleText(text);
    if (element.textContent !== shown) element.replaceChildren(...textNodes(text));
  }
}

/** @type {WeakMap<Element, string>} */
const signatures = new WeakMap();

/**
 * Renews what is in an element when `facts` have changed. Focus, what was typed, and what was
 * unfolded stay, by the ids of the elements that hold them.
 * @param {HTMLElement} element
 * @param {unknown} facts
 * @param {() => Children} build
 */
export function render(element, facts, build) {
  const signature = JSON.stringify(facts) ?? 'undefined';
  if (signatures.get(element) === signature) return;
  signatures.set(element, signature);
  const kept = keep(element);
  element.replaceChildren(...nodesOf([build()]));
  restore(element, kept);
}

/**
 * One element for each item, by its key: those that stay are not moved, so none loses its focus.
 * @template Item
 * @param {HTMLElement} list
 * @param {readonly Item[]} items
 * @param {{
 *   tag?: 'li' | 'article',
 *   keyOf: (item: Item) => string,
 *   factsOf?: (item: Item) => unknown,
 *   build: (item: Item) => Children,
 *   classOf?: (item: Item) => string,
 * }} how
 */
export function renderList(list, items, { tag = 'li', keyOf, factsOf, build, classOf }) {
  /** @type {Map<string, HTMLElement>} */
  const present = new Map();
  for (const child of list.children) {
    if (child instanceof HTMLElement) present.set(child.dataset['key'] ?? '', child);
  }
  const wanted = new Set(items.map(keyOf));
  for (const [key, child] of present) if (!wanted.has(key)) removeKeepingFocus(child);
  for (const [index, item] of items.entries()) {
    const key = keyOf(item);
    const element = present.get(key) ?? h(tag, { 'data-key': key });
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
    const name = classOf?.(item) ?? '';
    if (element.className !== name) element.className = name;
    render(element, factsOf === undefined ? item : factsOf(item), () => build(item));
  }
}

/**
 * Focus that would fall to nowhere goes to the heading of the section.
 * @param {HTMLElement} child
 */
function removeKeepingFocus(child) {
  const heading = child.contains(document.activeElement)
    ? child.closest('section')?.querySelector('h1, h2')
    : null;
  child.remove();
  if (heading instanceof HTMLElement) heading.focus();
}

/**
 * @typedef {object} Kept
 * @property {string} focusId
 * @property {Map<string, { value: string, checked: boolean, start: number, end: number }>} fields
 * @property {Set<string>} unfolded
 */

/** @param {HTMLElement} element @returns {Kept} */
function keep(element) {
  const active = document.activeElement;
  /** @type {Kept} */
  const kept = {
    focusId: active !== null && active !== element && element.contains(active) ? active.id : '',
    fields: new Map(),
    unfolded: new Set(),
  };
  for (const field of element.querySelectorAll('textarea[id], input[id]')) {
    if (!isField(field)) continue;
    const isText = field instanceof HTMLTextAreaElement || field.type === 'text';
    kept.fields.set(field.id, {
      value: field.value,
      checked: field instanceof HTMLInputElement && field.checked,
      start: isText ? (field.selectionStart ?? 0) : 0,
      end: isText ? (field.selectionEnd ?? 0) : 0,
    });
  }
  for (const details of element.querySelectorAll('details[id][open]')) {
    kept.unfolded.add(details.id);
  }
  return kept;
}

/** @param {HTMLElement} element @param {Kept} kept */
function restore(element, kept) {
  for (const field of element.querySelectorAll('textarea[id], input[id]')) {
    const before = kept.fields.get(field.id);
    if (before === undefined || !isField(field)) continue;
    if (field instanceof HTMLInputElement && field.type === 'radio') field.checked = before.checked;
    else field.value = before.value;
  }
  for (const details of element.querySelectorAll('details[id]')) {
    if (kept.unfolded.has(details.id)) details.setAttribute('open', '');
  }
  if (kept.focusId === '') return;
  const again = document.getElementById(kept.focusId) ?? element.querySelector('[data-outcome]');
  if (!(again instanceof HTMLElement)) return;
  again.focus();
  const caret = kept.fields.get(kept.focusId);
  if (again instanceof HTMLTextAreaElement && caret !== undefined) {
    again.setSelectionRange(caret.start, caret.end);
  }
}

/** @param {Element} element @returns {element is HTMLInputElement | HTMLTextAreaElement} */
const isField = (element) =>
  element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
