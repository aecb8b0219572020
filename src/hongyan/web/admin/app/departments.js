// Departments: a flat list with parents, put into the order of a tree.

/**
 * @typedef {{ id: number, name: string, parent_id: number, priority: number }} Department
 * @typedef {{ department: Department, depth: number, children: number }} Branch
 */

/**
 * Every department behind its parent. Whose parent is not there, or a circle, stands at the top.
 * @param {Department[]} departments @returns {Branch[]}
 */
export function asTree(departments) {
  const known = new Set(departments.map((one) => one.id));
  /** @type {Map<number, Department[]>} */
  const below = new Map();
  for (const one of [...departments].sort(inOrder)) {
    const parent = known.has(one.parent_id) ? one.parent_id : 0;
    below.set(parent, [...(below.get(parent) ?? []), one]);
  }
  const seen = new Set();
  /** @type {Branch[]} */
  const branches = [];
  const add = (/** @type {Department} */ department, /** @type {number} */ depth) => {
    if (seen.has(department.id)) return;
    seen.add(department.id);
    const children = below.get(department.id) ?? [];
    branches.push({ department, depth, children: children.length });
    for (const child of children) add(child, depth + 1);
  };
  for (const department of below.get(0) ?? []) add(department, 0);
  for (const department of departments) add(department, 0);
  return branches;
}

/** @param {Department[]} departments @returns {Map<number, string>} names by id, as a tree */
export function departmentNames(departments) {
  return new Map(asTree(departments).map(({ department, depth }) => [department.id, `${"　".repeat(depth)}${department.name}`]));
}

/** @param {Department} one @param {Department} other */
function inOrder(one, other) {
  return one.priority - other.priority || one.id - other.id;
}
