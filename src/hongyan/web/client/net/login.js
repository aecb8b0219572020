// Finding a msg_server and logging in to it.
import { LOGIN, LOGIN_REPLY } from "../wire/messages.js";
import { Connection, LostError } from "./connection.js";

const WINDOWS = 1; // the client type that servers of the protocol know; the device kind says what we are
const ONLINE = 1;
const WRONG_PASSWORD = 6;

/** @typedef {{ name: string, digest?: string, token?: string }} Credentials what one logs in with: the digest of a password, or a token */
/** @typedef {{ code: number, msg: string, ws: string, msfs: string }} Places */

/** The server knows us and does not let us in. */
export class WrongCredentialsError extends Error {}

/** @returns {Promise<Places>} */
export async function findPlaces() {
  const answer = await fetch("/web/config", { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) throw new LostError("login_server");
  const places = await answer.json();
  if (places.code !== 0) throw new LostError("no msg_server");
  return places;
}

/**
 * @param {Places} places
 * @param {Credentials} credentials
 * @param {string} deviceKind
 * @returns {Promise<{ connection: Connection, answer: import("../wire/messages.js").IMLoginResFields }>}
 */
export async function logIn(places, credentials, deviceKind) {
  const connection = await Connection.open(places.ws);
  try {
    const answer = await connection.request(LOGIN, LOGIN_REPLY, {
      userName: credentials.name,
      password: credentials.digest ?? "",
      onlineStatus: ONLINE,
      clientType: WINDOWS,
      clientVersion: "hongyan-web/1",
      acksDeliveries: true,
      deviceKind,
      ...(credentials.token ? { sessionToken: credentials.token } : { wantsSessionToken: true }),
    });
    if (answer.resultCode === WRONG_PASSWORD) throw new WrongCredentialsError(answer.resultString);
    if (answer.resultCode !== 0 || !answer.userInfo) throw new LostError(answer.resultString);
    return { connection, answer };
  } catch (error) {
    connection.close();
    throw error;
  }
}
