// Searching people: by name, phone number, pinyin or its initials.

/** @typedef {import("./model.js").User} User */
/** @typedef {{ nick: string, name: string, pinyin: string, initials: string, phone: string }} Words */

/** @type {WeakMap<User, Words>} */
const known = new WeakMap();

/** What of a user is compared with a query; made once, as there may be ten thousand. @param {User} user */
function wordsOf(user) {
  let words = known.get(user);
  if (!words) {
    words = {
      nick: user.nick.toLowerCase(),
      name: user.name.toLowerCase(),
      pinyin: user.pinyin.toLowerCase(),
      initials: initials(user.pinyin),
      phone: user.phone,
    };
    known.set(user, words);
  }
  return words;
}

/**
 * A name, a phone number, or the initials or the whole of a name's pinyin.
 * @param {User | undefined} user
 * @param {string} query in lower case
 */
export function matches(user, query) {
  if (!user) return false;
  const { nick, name, pinyin, initials: letters, phone } = wordsOf(user);
  return (
    nick.includes(query) ||
    name.includes(query) ||
    pinyin.includes(query) ||
    letters.startsWith(query) ||
    (query.length >= 3 && phone.includes(query))
  );
}

/** @param {string} pinyin words in lower case, separated by anything, or in camel case */
export function initials(pinyin) {
  return pinyin
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0))
    .join("")
    .toLowerCase();
}

/**
 * Those who match, the closest first: who is called so, whose name begins so, who has it somewhere.
 * @param {Iterable<User>} users
 * @param {string} query in lower case
 */
export function search(users, query) {
  /** @type {[User[], User[], User[]]} */
  const found = [[], [], []];
  for (const user of users) {
    if (user.status === 0 && matches(user, query)) found[closeness(user, query)].push(user);
  }
  return found.flat();
}

/** @param {User} user @param {string} query @returns {0 | 1 | 2} */
function closeness(user, query) {
  const { nick, name } = wordsOf(user);
  if (nick === query || name === query) return 0;
  return nick.startsWith(query) || name.startsWith(query) ? 1 : 2;
}
