// Encodes and decodes protobuf messages by tables of their fields (proto2, as far as the protocol uses it).
import { PbfReader, PbfWriter } from "../vendor/pbf/index.js";

/** @typedef {"uint32" | "bool" | "string" | "bytes"} Scalar */
/** @typedef {[number: number, name: string, kind: Scalar | MessageType<any>, repeated?: boolean]} Field */
/**
 * @template T
 * @typedef {{ name: string, byNumber: Map<number, Field>, fields: Field[], blank: () => T, _type?: T }} MessageType
 */
/**
 * @template T
 * @typedef {{ id: number, name: string, message: MessageType<T> }} Command
 */

/** @type {Record<Scalar, () => unknown>} */
const ZERO = { uint32: () => 0, bool: () => false, string: () => "", bytes: () => new Uint8Array() };

/**
 * A message type. What is required and missing reads as zero, as servers see to it that it is there.
 * @param {string} name
 * @param {Field[]} fields
 * @returns {MessageType<any>}
 */
export function message(name, fields) {
  const byNumber = new Map(fields.map((field) => [field[0], field]));
  const blank = () => {
    /** @type {Record<string, unknown>} */
    const value = {};
    for (const [, property, kind, repeated] of fields) {
      if (repeated) value[property] = [];
      else if (typeof kind === "string") value[property] = ZERO[kind]();
    }
    return value;
  };
  return { name, fields, byNumber, blank };
}

/**
 * @template T
 * @param {number} id
 * @param {string} name
 * @param {MessageType<T>} type
 * @returns {Command<T>}
 */
export function command(id, name, type) {
  return { id, name, message: type };
}

/**
 * @template T
 * @param {MessageType<T>} type
 * @param {Uint8Array} bytes
 * @returns {T}
 */
export function decode(type, bytes) {
  return new PbfReader(bytes).readFields(reader(type), type.blank());
}

/**
 * @template T
 * @param {MessageType<T>} type
 * @param {T} value
 */
export function encode(type, value) {
  const writer = new PbfWriter();
  writeFields(type, value, writer);
  return writer.finish();
}

/**
 * @param {MessageType<any>} type
 * @returns {(number: number, value: any, reader: PbfReader) => void}
 */
function reader(type) {
  return (number, value, input) => {
    const field = type.byNumber.get(number);
    if (!field) return;
    const [, name, kind, repeated] = field;
    const read = typeof kind === "string" ? readScalar(kind, input) : input.readMessage(reader(kind), kind.blank());
    if (repeated) value[name].push(read);
    else value[name] = read;
  };
}

/**
 * @param {Scalar} kind
 * @param {PbfReader} input
 */
function readScalar(kind, input) {
  switch (kind) {
    case "uint32":
      return input.readVarint();
    case "bool":
      return input.readBoolean();
    case "string":
      return input.readString();
    default:
      return input.readBytes().slice(); // a copy, so that the frame can go
  }
}

/**
 * @param {MessageType<any>} type
 * @param {any} value
 * @param {PbfWriter} output
 */
function writeFields(type, value, output) {
  for (const [number, name, kind, repeated] of type.fields) {
    const given = value[name];
    if (given === undefined) continue;
    for (const each of repeated ? given : [given]) writeField(number, kind, each, output);
  }
}

/**
 * @param {number} number
 * @param {Scalar | MessageType<any>} kind
 * @param {any} value
 * @param {PbfWriter} output
 */
function writeField(number, kind, value, output) {
  if (typeof kind !== "string") output.writeMessage(number, (each, inner) => writeFields(kind, each, inner), value);
  else if (kind === "uint32") output.writeVarintField(number, value);
  else if (kind === "bool") output.writeBooleanField(number, value);
  else if (kind === "string") output.writeStringField(number, value);
  else output.writeBytesField(number, value);
}
