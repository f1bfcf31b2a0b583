/**
 * A rough reading of the one field: addresses, a phrase that looks like a time, and the rest as the topic's name.
 *
 * Only for the preview and for cutting the sentence into the request's attributes: the component reads the time and makes
 * the guesses. Pure. Knows English, German, French and Dutch time words.
 */
const ADDRESS = /[^\s@,;<>"()]+@[^\s@,;<>"()]+\.[^\s@,;<>"().]+(?:\.[^\s@,;<>"().]+)*|[^\s@,;<>"()]+@localhost\b/giu;

const NAMED = /(?:"([^"<>@]{1,60})"|((?:\p{Lu}[\p{L}.'’-]*)(?: (?:van|von|de|der|den|la|le|du|\p{Lu}[\p{L}.'’-]*)){0,3}))\s*<\s*([^\s@<>]+@[^\s@<>]+)\s*>/gu;

const DAY_WORDS = new Set(
  ('today tonight tomorrow yesterday now noon midnight monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu ' +
    'thur thurs fri sat sun heute morgen übermorgen gestern jetzt montag dienstag mittwoch donnerstag freitag samstag sonntag ' +
    'aujourd’hui demain hier lundi mardi mercredi jeudi vendredi samedi dimanche vandaag overmorgen gisteren nu maandag dinsdag ' +
    'woensdag donderdag vrijdag zaterdag zondag afternoon evening lunchtime').split(' '),
);
const MONTHS = /^(jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|mär|mai|okt|dez|mrt|mei)[a-zéûäö]*\.?$/iu;
const CLOCK = /^\d{1,2}([:.h]\d{2})?\s?(am|pm|a\.m\.|p\.m\.|uhr|h|u)$|^\d{1,2}:\d{2}$/iu;
const DATE = /^\d{4}-\d{2}-\d{2}(t[\d:.+z-]*)?$|^\d{1,2}[./]\d{1,2}([./](\d{2}|\d{4})?)?$/iu;
const NUMBER = /^\d{1,2}(st|nd|rd|th|\.)?$/iu;
const AFTER_NUMBER = /^(am|pm|uhr|o’clock|o'clock|min|mins|minutes?|hours?|days?|weeks?|months?|minuten?|stunden?|tagen?|wochen?|heures?|jours?|uur|dagen|weken)$/iu;
const LEAD = new Set('at on in next this from um am im nächsten nächste à le dans om op volgende yesterday'.split(' '));
const UNIT = /^(week|weeks|month|woche|monat|semaine|maand|morning|noon|night)$/iu;
const ZONE = /^(utc|gmt|cet|cest|est|edt|cst|cdt|pst|pdt|bst|[A-Z][a-z]+\/[A-Z][A-Za-z_]+)$/u;
// How people propose to talk; what they want to talk about is the name. A word such as “call” proposes only before whom or what it is about.
const WISHING = "let[’']?s|let us|(?:can|could|shall|should) (?:we|i)|(?:i|we)(?:[’']d| would)? (?:want|like|need)(?: to)?|please|bitte|lasst? uns|ich (?:möchte|will|würde gerne?)|wir (?:möchten|wollen|sollten)|(?:a|have a|quick|ein|eine|kurz)";
const TALKING = 'talk|talking|chat|chatting|meet|meeting|speak|speaking|call|catch up|discussion|gespräch|treffen|besprechung|sprechen|reden|parler|discuter|réunion|praten|spreken|overleg';
const WHOM = 'to|with|about|on|over|re|regarding|mit|über|wegen|zu|avec|de|sur|met';
const PROPOSAL = new RegExp(`^(?:(?:${WISHING}) )*(?:(?:${TALKING})(?: up)?(?:,|$|(?= (?:${WHOM})\\b))|(?:discuss|discussing|bespreken)(?:,|\\b))[\\s,]*`, 'iu');
const ABOUT = new RegExp(`^(?:(?:${WHOM}|${WISHING})(?:,\\s*|\\s+|$))+`, 'iu');
const INFINITIVE = /,?\s+(?:zu )?(?:sprechen|reden|besprechen|diskutieren|unterhalten|telefonieren|treffen|praten|spreken|bespreken|overleggen)$/u;
const ARTICLE = /^(?:the|our|a|an|der|die|das|den|dem|ein|eine[nmr]?|unsere?[nmr]?|les?|la|un|une|notre|nos|het|een|ons|onze)\s+/iu;
const FILLER = /^(about|re|regarding|wegen|über|zu|sur|over|with|mit|avec|met|invite|and|und|et|en)$/iu;

/**
 * @typedef {{address: string, name: string}} Person as in `Ann <ann@example.org>`; the name may be missing
 * @typedef {{people: Person[], addresses: string[], name: string, start: string, suspect: {address: string, better: string} | null}} Wish
 */

/**
 * @param {string} sentence
 * @returns {Wish} with `''` for what is not there
 */
export function readWish(sentence) {
  const named = new Map([...sentence.matchAll(NAMED)].map(([, quoted, plain, address]) => [address.toLowerCase(), (quoted ?? plain).trim()]));
  const bare = sentence.replace(NAMED, ' $3 ');
  const found = new Map((bare.match(ADDRESS) ?? []).map((a) => a.replace(/[.,;]+$/u, '')).map((a) => [a.toLowerCase(), a]));
  const people = [...found].map(([key, address]) => ({ address, name: named.get(key) ?? '' }));
  const addresses = people.map((person) => person.address);
  const rest = bare.replace(ADDRESS, ' , ');
  const words = rest.split(/\s+|(?=[,;])|(?<=[,;])/u).filter((w) => w);
  const flags = words.map(() => false);
  const clean = (/** @type {number} */ i) => (words[i] ?? '').toLowerCase().replace(/[,;]$/u, '');
  words.forEach((_, i) => {
    const word = clean(i);
    const after = clean(i + 1);
    const before = clean(i - 1);
    if (DAY_WORDS.has(word) || CLOCK.test(word) || DATE.test(word)) flags[i] = true;
    else if (NUMBER.test(word) && (AFTER_NUMBER.test(after) || MONTHS.test(after) || ['at', 'um', 'à', 'om'].includes(before))) flags[i] = true;
    else if (AFTER_NUMBER.test(word) && /^\d+$/u.test(before)) flags[i] = true;
    else if (MONTHS.test(word) && (NUMBER.test(before) || NUMBER.test(after))) flags[i] = true;
    else if (NUMBER.test(word) && MONTHS.test(before)) flags[i] = true;
    else if (/^\d{4}$/u.test(word) && MONTHS.test(before)) flags[i] = true;
    else if (UNIT.test(word) && ['next', 'this', 'nächste', 'nächsten', 'volgende', 'tomorrow', 'a'].includes(before)) flags[i] = true;
    else if (ZONE.test(words[i]) && flags[i - 1]) flags[i] = true;
  });
  for (let i = words.length - 2; i >= 0; i -= 1) if (!flags[i] && flags[i + 1] && LEAD.has(clean(i))) flags[i] = true;
  const kept = words.map((word, i) => (flags[i] ? ',' : word));
  const name = kept.join(' ').replace(/(\s*[,;]\s*)+/gu, ', ').replace(/^[\s,;:]+|[\s,;:]+$/gu, '');
  const start = words.filter((word, i) => flags[i]).join(' ').replace(/[,;]/gu, '');
  return { people, addresses, name: trimFiller(name), start, suspect: suspect(addresses) };
}

/**
 * What was put right of a reading: it stands, whatever the sentence says of it; who else comes into the sentence comes, too.
 * @typedef {{name?: string, start?: string, people?: Person[], instead?: string[]}} Put *instead*: of whom in the sentence the *people* are
 * @param {Wish} wish as the sentence is read @param {Put} put @returns {Wish}
 */
export function putRight(wish, { name = wish.name, start = wish.start, people: given, instead = [] }) {
  const people = given ? [...given, ...wish.people.filter(({ address }) => ![...instead, ...given.map((one) => one.address)].includes(address))] : wish.people;
  const addresses = people.map((one) => one.address);
  return { people, addresses, name, start, suspect: suspect(addresses) };
}

/** @param {Person[]} people @returns {string} as one list of addresses (RFC 5322) */
export const inOneLine = (people) => people.map(({ address, name }) => (!name ? address : `${/[,;.]/u.test(name) ? `"${name}"` : name} <${address}>`)).join(', ');

/** “Talk to, about a tool library” is “A tool library”, and no article before it. @param {string} name */
function proposed(name) {
  const about = name.replace(INFINITIVE, '').replace(PROPOSAL, '');
  if (about === name) return name;
  const rest = about.replace(ABOUT, '');
  return rest.replace(ARTICLE, '');
}

/** @param {string} name */
function trimFiller(name) {
  const words = proposed(name).split(' ');
  while (words.length && FILLER.test(words[0].replace(/[,:]$/u, ''))) words.shift();
  while (words.length && FILLER.test(words[words.length - 1])) words.pop();
  const joined = words.join(' ').replace(/,$/u, '');
  return joined.charAt(0).toUpperCase() + joined.slice(1);
}

const KNOWN = ['gmail.com', 'googlemail.com', 'hotmail.com', 'outlook.com', 'yahoo.com', 'icloud.com', 'gmx.net', 'gmx.de', 'web.de', 'proton.me'];

/** A known mail domain that was probably meant: one letter more, less, other or swapped. @param {string[]} addresses */
function suspect(addresses) {
  for (const address of addresses) {
    const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
    if (KNOWN.includes(domain)) continue;
    const better = KNOWN.find((known) => near(domain, known));
    if (better) return { address, better: `${address.slice(0, address.lastIndexOf('@'))}@${better}` };
  }
  return null;
}

/** @param {string} a @param {string} b */
function near(a, b) {
  if (Math.abs(a.length - b.length) > 1 || a === b) return false;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i += 1;
  const [x, y] = [a.slice(i), b.slice(i)];
  return x.slice(1) === y || y.slice(1) === x || x.slice(1) === y.slice(1) || (x[0] === y[1] && x[1] === y[0] && x.slice(2) === y.slice(2));
}
