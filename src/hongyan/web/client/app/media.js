// Where pictures and files are: msfs by the name that this browser knows it by, or somewhere else.

const OURS = /^\/?g\d+\/[\w.\-/]+$/;
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]", "0.0.0.0"]);

/**
 * @param {string} address as it stands in a message or a profile
 * @param {string} msfs
 * @returns {{ url: string, isOurs: boolean, host: string } | null} null when it is no address of anything
 */
export function locate(address, msfs) {
  if (!address) return null;
  if (!address.includes(":")) return OURS.test(address) ? { url: join(msfs, address), isOurs: true, host: "" } : null;
  const url = parse(address);
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) return null;
  const home = parse(msfs);
  const isNear = LOOPBACK.has(url.hostname) || url.hostname === home?.hostname || url.hostname === location.hostname;
  if (isNear && OURS.test(url.pathname)) return { url: join(msfs, url.pathname), isOurs: true, host: url.host };
  return { url: url.href, isOurs: false, host: url.host };
}

/** @param {string} msfs @param {string} path */
function join(msfs, path) {
  return msfs.replace(/\/$/, "") + "/" + path.replace(/^\//, "");
}

/** @param {string} address */
function parse(address) {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}
