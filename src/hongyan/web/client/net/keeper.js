// Keeps one connection up: logs in, and again when it was lost, sooner when the network comes back.
import { findPlaces, logIn, WrongCredentialsError } from "./login.js";

const WAITS_MS = [0, 500, 1000, 2000, 4000, 8000, 15_000];

/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {import("./login.js").Credentials} Credentials */
/**
 * @typedef {{
 *   connecting: (retryAt: number) => void,
 *   connected: (connection: Connection, answer: import("../wire/messages.js").IMLoginResFields, places: import("./login.js").Places) => Promise<void>,
 *   refused: (error: WrongCredentialsError) => void,
 *   kicked: () => void,
 * }} Listener
 */

export class Keeper {
  /**
   * @param {Credentials} credentials
   * @param {Listener} listener
   */
  constructor(credentials, listener) {
    this.credentials = credentials;
    this.listener = listener;
    // Each page is a device of its own, so that tabs stand beside each other and beside the desktop.
    this.deviceKind = `web:${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(16)}`;
    this.isStopped = false;
    /** @type {Connection | null} */
    this.connection = null;
    this.hurry = () => {};
    window.addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.hurry());
  }

  async run() {
    let failures = 0;
    while (!this.isStopped) {
      await this.pause(spread(WAITS_MS[Math.min(failures, WAITS_MS.length - 1)] ?? 0));
      if (this.isStopped) return;
      try {
        const reason = await this.connectOnce();
        failures = 1;
        if (reason === "kicked") return this.listener.kicked();
      } catch (error) {
        if (error instanceof WrongCredentialsError) return this.listener.refused(error);
        failures += 1;
      }
    }
  }

  stop() {
    this.isStopped = true;
    this.connection?.close();
    this.hurry();
  }

  /** Logs in and returns why the connection ended. */
  async connectOnce() {
    const places = await findPlaces();
    const { connection, answer } = await logIn(places, this.credentials, this.deviceKind);
    if (answer.sessionToken) this.credentials = { name: this.credentials.name, token: answer.sessionToken };
    this.connection = connection;
    if (this.isStopped) connection.close();
    try {
      await Promise.race([this.listener.connected(connection, answer, places), connection.closed]);
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection.closed;
  }

  /** @param {number} wait */
  async pause(wait) {
    this.listener.connecting(Date.now() + wait);
    if (wait === 0) return;
    await new Promise((resolve) => {
      this.hurry = () => resolve(undefined);
      setTimeout(resolve, wait);
    });
    this.hurry = () => {};
  }
}

/** Between two thirds and four thirds of it, so that not every page of a company comes back in the same moment. @param {number} wait */
function spread(wait) {
  return wait * (2 / 3 + (Math.random() * 2) / 3);
}
