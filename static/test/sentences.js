/**
 * Every sentence of the dashboard, as its source has it, and what a person would read that no catalogue knows.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const SOURCES = fileURLToPath(new URL('../src/', import.meta.url));
const WORDS = /\p{L}{2}|(?<![\w-])I(?![\w-])/u;
const SAID = new Set(['aria-label', 'aria-description', 'aria-roledescription', 'title', 'placeholder', 'alt']);
const DEEP = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunction', 'MethodDeclaration', 'GetAccessor', 'Constructor'];

/** @typedef {{file: string, line: number, text: string}} Place @typedef {Place & {one: string, late: boolean}} Sentence *one*: of those that a number bends */

/** @param {ts.TemplateLiteral} template @returns {string[]} its words, without the values between them */
const stringsOf = (template) => (ts.isTemplateExpression(template) ? [template.head, ...template.templateSpans.map((span) => span.literal)] : [template]).map((part) => part.text);

/** Whether it is said when it is asked for, not once and for all when the module is loaded. @param {ts.Node} node */
function isLate(node) {
  for (let at = node.parent; at; at = at.parent) if (DEEP.includes(ts.SyntaxKind[at.kind])) return true;
  return false;
}

/** What stands in a template for everybody to read: text between tags, and attributes that are said. @param {string[]} strings of the template */
export function literals(strings) {
  const found = [];
  let [tag, quote, name, text] = [false, false, '', ''];
  const put = () => { if (WORDS.test(text)) found.push(text.trim()); text = ''; };
  for (const part of strings) {
    for (let i = 0; i < part.length; i += 1) {
      const c = part[i];
      if (quote) {
        if (c !== '"') text += c;
        else if (SAID.has(name)) put();
        if (c === '"') [quote, text] = [false, ''];
      } else if (tag) {
        if (c === '"') [quote, name] = [true, /([\w.@?-]+)=$/u.exec(part.slice(0, i))?.[1] ?? ''];
        if (c === '>') tag = false;
      } else if (c === '<' && /[a-z/!]/iu.test(part[i + 1] ?? '')) {
        put();
        tag = true;
      } else text += c;
    }
    if (!tag) text += ' ';
  }
  put();
  return found;
}

/** What reads as a sentence. @param {string} text */
const isSentence = (text) => /^(?:[“„]|[A-Z])[\w’-]* ?(?:[a-z’-]+[ ,.?!:…]|$)/u.test(text) && /\s|[.…?]$/u.test(text) && /[a-z]{2}/u.test(text);

/**
 * @param {string} file @param {string} [text] its source, if it is not that of the file
 * @returns {{sentences: Sentence[], stray: Place[]}} *stray*: what is said in English whatever the language is
 */
export function read(file, text = readFileSync(join(SOURCES, file), 'utf8')) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const sentences = /** @type {Sentence[]} */ ([]);
  const stray = /** @type {Place[]} */ ([]);
  const at = (/** @type {ts.Node} */ node) => ({ file, line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1 });
  const tagged = (/** @type {ts.Node} */ node, /** @type {string} */ name) => ts.isTaggedTemplateExpression(node) && node.tag.getText() === name;
  const visit = (/** @type {ts.Node} */ node) => {
    if (ts.isTaggedTemplateExpression(node)) {
      const strings = stringsOf(node.template);
      if (tagged(node, 't')) sentences.push({ ...at(node), text: strings.reduce((all, part, i) => `${all}{${i}}${part}`), one: '', late: isLate(node) });
      if (tagged(node, 'html')) for (const words of literals(strings)) stray.push({ ...at(node), text: words });
    } else if (ts.isCallExpression(node) && node.expression.getText() === 'plural') {
      const [, one, many] = node.arguments;
      sentences.push({ ...at(node), text: many && ts.isStringLiteral(many) ? many.text : '', one: one && ts.isStringLiteral(one) ? one.text : '', late: isLate(node) });
      for (const value of [node.arguments[0], ...node.arguments.slice(3)]) visit(value);
      return;
    } else if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
      const words = ts.isStringLiteralLike(node) ? node.text : stringsOf(node).join('…');
      const quiet = ts.isTaggedTemplateExpression(node.parent) || (ts.isCallExpression(node.parent) && /^console\./u.test(node.parent.expression.getText()));
      if (!quiet && isSentence(words)) stray.push({ ...at(node), text: words });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { sentences, stray };
}

/** @returns {string[]} the scripts that say something, by their paths in `src` */
export const scripts = () => readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js') && !/^words[\\/]/u.test(name)).sort();
