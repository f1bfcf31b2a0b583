/**
 * Why a sign-in did not happen.
 */
import { kid, kids, text } from './xml.js';

/** `wrong` (address and password), `unreachable`, or `refused` with the server's words. */
export class SignInError extends Error {
  /** @param {'wrong' | 'unreachable' | 'refused'} reason @param {string} [words] */
  constructor(reason, words = '') {
    super(words || reason);
    this.name = 'SignInError';
    this.reason = reason;
  }
}

/** @param {string | null} condition why the server ended the connection, if it did */
export const ending = (condition) => new SignInError(condition === 'conflict' ? 'refused' : 'unreachable', condition ?? '');

/** @param {string | null} condition @param {Element} [element] what the server answered */
export function refusal(condition, element) {
  const failure = element?.nodeName === 'failure' ? element : null;
  const named = condition || kids(failure)[0]?.localName || '';
  const wrong = ['', 'not-authorized', 'invalid-authzid', 'credentials-expired', 'no-auth-mech'].includes(named);
  return new SignInError(wrong ? 'wrong' : 'refused', text(kid(failure, 'text')) || named);
}
