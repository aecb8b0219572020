// Asks the server: JSON there and back, with the session's cookie and its CSRF token.

/** What the server declined: a word for programs, and a text for people. */
export class Refusal extends Error {
  /** @param {number} status @param {string} code @param {string} text */
  constructor(status, code, text) {
    super(text);
    this.status = status;
    this.code = code;
  }
}

export class Api {
  constructor() {
    this.csrf = "";
    /** Called when the session is over. */
    this.onSignedOut = () => {};
  }

  /**
   * Calls an operation of the table.
   * @param {string} operation @param {object} [values]
   * @returns {Promise<any>}
   */
  do(operation, values = {}) {
    return this.post(`do/${operation}`, values);
  }

  /** @param {string} path @param {object} [values] @returns {Promise<any>} */
  post(path, values = {}) {
    return this.ask(path, { method: "POST", headers: { "content-type": "application/json", "x-csrf-token": this.csrf }, body: JSON.stringify(values) });
  }

  /** @param {string} path @param {RequestInit} [options] @returns {Promise<any>} */
  async ask(path, options) {
    const response = await this.fetch(path, options);
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    if (response.status === 401 && path !== "sign-in") this.onSignedOut();
    throw new Refusal(response.status, String(answer.code ?? "unavailable"), String(answer.text ?? response.statusText));
  }

  /** @param {string} path @param {RequestInit} [options] */
  async fetch(path, options) {
    try {
      return await fetch(`/admin/api/${path}`, { ...options, credentials: "same-origin" });
    } catch {
      throw new Refusal(0, "offline", "");
    }
  }
}
