/**
 * Choosing a reaction: the usual ones, those that stand there already, or any other.
 */
import { html } from 'lit';
import { t } from '../words/language.js';

const usual = () => [['👍', t`Thumbs up`], ['❤️', t`Heart`], ['😄', t`Laughing`], ['🎉', t`Hurray`], ['👀', t`Looking at it`], ['✅', t`Done`], ['+1', t`Plus one`], ['-1', t`Minus one`]];
const MOST_CHARACTERS = 24;

/** @param {any} line @param {string} nick mine @param {(word: string) => void} take @param {() => void} close */
export function picker(line, nick, take, close) {
  const mine = (word) => Boolean(line.reactions.get(word)?.has(nick));
  const key = (event) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    close();
  };
  const other = (event) => {
    event.preventDefault();
    const word = [...event.currentTarget.elements.word.value.trim()].slice(0, MOST_CHARACTERS).join('');
    if (word) take(word);
  };
  return html`<div class="picker" role="group" aria-label=${t`React`} data-testid="picker" @keydown=${key}>
    ${usual().map(([word, name]) => html`<button type="button" aria-label=${name} title=${name} aria-pressed=${mine(word)} @click=${() => take(word)}>${word}</button>`)}
    <form @submit=${other}><input class="field" name="word" aria-label=${t`Another reaction`} placeholder=${t`Another…`} autocomplete="off" maxlength=${MOST_CHARACTERS} dir="auto"></form></div>`;
}
