// The contacts by department, as the rows of one list.
import { search } from "./people.js";
import { remember } from "./remember.js";

/** @typedef {import("./model.js").State} State */
/** @typedef {import("./model.js").User} User */
/** @typedef {import("./model.js").Department} Department */
/** @typedef {{ kind: "department", id: number, name: string, depth: number, count: number, isOpen: boolean } | { kind: "user", user: User, depth: number }} ContactRow */

const NOWHERE = 0;

/** Who is in which department, by name; sorting is dear, so presence is not looked at here. */
const peopleByName = remember((/** @type {Map<number, User>} */ users, /** @type {Map<number, Department>} */ departments) => {
  const collator = new Intl.Collator("zh-Hans-u-co-pinyin");
  const sorted = [...users.values()].filter((user) => user.status === 0);
  sorted.sort((a, b) => collator.compare(a.nick || a.name, b.nick || b.name));
  return grouped(sorted, (user) => (departments.has(user.department) ? user.department : NOWHERE));
});

/** The same with those who are online before the others. */
const people = remember(
  (/** @type {Map<number, User[]>} */ byName, /** @type {Map<number, number>} */ presence) => {
    const isHere = (/** @type {User} */ user) => presence.get(user.id) === 1;
    return new Map(
      [...byName].map(([id, list]) => [id, [...list.filter(isHere), ...list.filter((user) => !isHere(user))]]),
    );
  },
);

const childrenOf = remember((/** @type {Map<number, Department>} */ departments) => {
  const sorted = [...departments.values()].sort((a, b) => a.priority - b.priority || a.id - b.id);
  return grouped(sorted, (department) => (departments.has(department.parent) ? department.parent : NOWHERE));
});

/**
 * @template T
 * @param {T[]} items
 * @param {(item: T) => number} keyOf
 */
function grouped(items, keyOf) {
  /** @type {Map<number, T[]>} */
  const groups = new Map();
  for (const item of items) {
    const list = groups.get(keyOf(item));
    if (list) list.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

/** How many people are in a department and below it. */
const counter = remember((/** @type {Map<number, User[]>} */ byName, /** @type {Map<number, Department[]>} */ children) => {
  /** @type {(id: number, seen: Set<number>) => number} */
  const count = (id, seen) => {
    if (seen.has(id)) return 0; // a circle of parents must not hang the page
    seen.add(id);
    return (children.get(id) ?? []).reduce((sum, child) => sum + count(child.id, seen), byName.get(id)?.length ?? 0);
  };
  /** @type {Map<number, number>} */
  const counts = new Map();
  return (/** @type {number} */ id) => {
    if (!counts.has(id)) counts.set(id, count(id, new Set()));
    return counts.get(id) ?? 0;
  };
});

const treeRows = remember(
  (
    /** @type {Map<number, User[]>} */ members,
    /** @type {Map<number, Department[]>} */ children,
    /** @type {(id: number) => number} */ countOf,
    /** @type {Set<number>} */ closed,
  ) => {
    /** @type {ContactRow[]} */
    const rows = [];
    const seen = new Set();
    /** @type {(id: number, depth: number) => void} */
    const visit = (id, depth) => {
      for (const user of members.get(id) ?? []) rows.push({ kind: "user", user, depth });
      for (const { id: child, name } of children.get(id) ?? []) {
        if (seen.has(child)) continue;
        seen.add(child);
        const isOpen = !closed.has(child);
        rows.push({ kind: "department", id: child, name, depth, count: countOf(child), isOpen });
        if (isOpen) visit(child, depth + 1);
      }
    };
    visit(NOWHERE, 0);
    return rows;
  },
);

const searchRows = remember((/** @type {Map<number, User>} */ users, /** @type {string} */ query) =>
  search(users.values(), query).map((user) => /** @type {ContactRow} */ ({ kind: "user", user, depth: 0 })),
);

/** @param {State} state */
export function contactRows(state) {
  const query = state.query.trim().toLowerCase();
  if (query) return searchRows(state.users, query);
  const byName = peopleByName(state.users, state.departments);
  const children = childrenOf(state.departments);
  return treeRows(people(byName, state.presence), children, counter(byName, children), state.closedDepartments);
}
