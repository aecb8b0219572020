// CSV: read for the preview of an import. The server reads the file itself, and decides.

/**
 * @typedef {{ line: number, cells: string[] }} Row a row, and the line of the file on which it ends
 */

/**
 * Decodes a file: UTF-8, or what Excel writes in China.
 * @param {ArrayBuffer} bytes
 */
export function decode(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

/** @param {string} text @returns {Row[]} */
export function parse(text) {
  /** @type {Row[]} */
  const rows = [];
  /** @type {string[]} */
  let cells = [];
  let cell = "";
  let isQuoted = false;
  let line = 1;
  const end = () => {
    if (cells.length || cell) rows.push({ line, cells: [...cells, cell] });
    cells = [];
    cell = "";
  };
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at);
    if (isQuoted) {
      if (sign === "\n") line++;
      if (sign !== '"') cell += sign;
      else if (text.charAt(at + 1) === '"') cell += text.charAt(++at);
      else isQuoted = false;
    } else if (sign === '"' && !cell) isQuoted = true;
    else if (sign === ",") {
      cells.push(cell);
      cell = "";
    } else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && text.charAt(at + 1) === "\n") at++;
      end();
      line++;
    } else cell += sign;
  }
  end();
  return rows;
}
