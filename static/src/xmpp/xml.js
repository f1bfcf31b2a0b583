/**
 * Small steps on an XML element: the child of a name and namespace, its text, and building one with Strophe's Builder.
 *
 * Works on any W3C element (the browser's or xmldom's). Leaves out XPath and anything that writes HTML.
 */

/**
 * @param {Element | null | undefined} element
 * @param {string} [name] local name, any when missing
 * @param {string} [namespace] any when missing
 * @returns {Element[]} the child elements of that name and namespace, in document order
 */
export function kids(element, name, namespace) {
  const found = [];
  for (let node = element?.firstChild; node; node = node.nextSibling) {
    if (node.nodeType !== 1) continue;
    const child = /** @type {Element} */ (node);
    if (name && (child.localName || child.nodeName) !== name) continue;
    if (namespace && child.namespaceURI !== namespace && child.getAttribute('xmlns') !== namespace) continue;
    found.push(child);
  }
  return found;
}

/**
 * @param {Element | null | undefined} element
 * @param {string} [name]
 * @param {string} [namespace]
 * @returns {Element | null}
 */
export function kid(element, name, namespace) {
  return kids(element, name, namespace)[0] ?? null;
}

/**
 * @param {Element | null | undefined} element
 * @returns {string} its text, `''` without one
 */
export function text(element) {
  return element?.textContent ?? '';
}

/**
 * @param {Element | null | undefined} element
 * @param {string} name
 * @returns {string} the attribute, `''` without one
 */
export function attr(element, name) {
  return element?.getAttribute(name) ?? '';
}

/** @param {Element} element @returns {boolean} */
export const isStanza = (element) => ['iq', 'message', 'presence'].includes(element.nodeName);

/** @param {string} jid */
export const bare = (jid) => jid.split('/', 1)[0];

/** @param {string} jid */
export const resource = (jid) => (jid.includes('/') ? jid.slice(jid.indexOf('/') + 1) : '');

/** @param {string} jid */
export const domainOf = (jid) => bare(jid).split('@').pop() ?? '';

/** @param {string} jid */
export const local = (jid) => (jid.includes('@') ? jid.slice(0, jid.indexOf('@')) : '');

/** @param {string} identity a chat address, its local part, or an e-mail address @param {string} domain our own @returns {string} as who the server knows it */
export function typedUser(identity, domain) {
  const typed = identity.trim();
  return typed.toLowerCase().endsWith(`@${domain.toLowerCase()}`) ? typed.slice(0, typed.lastIndexOf('@')) : typed;
}
