// A function that knows its last answer.

/**
 * Remembers the last outcome as long as the inputs are the same objects.
 * @template {unknown[]} A, R
 * @param {(...inputs: A) => R} work
 * @returns {(...inputs: A) => R}
 */
export function remember(work) {
  /** @type {A | null} */
  let last = null;
  /** @type {R} */
  let result;
  return (...inputs) => {
    if (last === null || inputs.some((input, index) => input !== last?.[index])) {
      result = work(...inputs);
      last = inputs;
    }
    return result;
  };
}
