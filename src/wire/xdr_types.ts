/**
 * XDR types as values (RFC 4506): each knows how to read and to write itself, so that a protocol is written down once,
 * as its specification has it, and its decoder and its encoder cannot disagree.
 */
import { XdrReader, XdrWriter } from './xdr';

export interface XdrType<T> {
  /** As XdrReader: never throws; what was malformed shows in `reader.ok`. */
  read(reader: XdrReader): T;
  /** A value out of range throws a RangeError. */
  write(writer: XdrWriter, value: T): void;
}

/** The value that a type describes. */
export type XdrValue<Type> = Type extends XdrType<infer T> ? T : never;

export const uint32: XdrType<number> = {
  read: (reader) => reader.uint32(),
  write: (writer, value) => writer.uint32(value),
};

export const uint64: XdrType<bigint> = {
  read: (reader) => reader.uint64(),
  write: (writer, value) => writer.uint64(value),
};

export const bool: XdrType<boolean> = {
  read: (reader) => reader.bool(),
  write: (writer, value) => writer.bool(value),
};

export const nothing: XdrType<undefined> = { read: () => undefined, write: () => undefined };

/** Numbers from `min` to `max`. */
export function enumeration(min: number, max: number): XdrType<number> {
  return {
    read: (reader) => {
      const value = reader.uint32();
      if (reader.ok && (value < min || value > max)) reader.reject();
      return reader.ok ? value : min;
    },
    write: (writer, value) => {
      if (value < min || value > max) throw new RangeError(`found ${value}, expected ${min} to ${max}`);
      writer.uint32(value);
    },
  };
}

export function fixedOpaque(length: number): XdrType<Uint8Array> {
  return {
    read: (reader) => reader.fixedOpaque(length),
    write: (writer, value) => {
      if (value.length !== length) throw new RangeError(`found ${value.length} bytes, expected ${length}`);
      writer.fixedOpaque(value);
    },
  };
}

export function opaque(length_max: number): XdrType<Uint8Array> {
  return {
    read: (reader) => reader.opaque(length_max),
    write: (writer, value) => {
      if (value.length > length_max) {
        throw new RangeError(`found ${value.length} bytes, expected at most ${length_max}`);
      }
      writer.opaque(value);
    },
  };
}

type Fields = Record<string, XdrType<unknown>>;
type Struct<F extends Fields> = { [Name in keyof F]: XdrValue<F[Name]> };

/** Fields in the order they are given in. */
export function struct<F extends Fields>(fields: F): XdrType<Struct<F>> {
  const entries = Object.entries(fields);
  return {
    read: (reader) => {
      const value: Record<string, unknown> = {};
      for (const [name, type] of entries) value[name] = type.read(reader);
      return value as Struct<F>;
    },
    write: (writer, value) => {
      for (const [name, type] of entries) type.write(writer, value[name]);
    },
  };
}

/** A boolean, and the value if it is true. */
export function optional<T>(type: XdrType<T>): XdrType<T | undefined> {
  return {
    read: (reader) => (reader.bool() ? type.read(reader) : undefined),
    write: (writer, value) => {
      writer.bool(value !== undefined);
      if (value !== undefined) type.write(writer, value);
    },
  };
}

/** A linked list of at most `count_max` elements. */
export function list<T>(count_max: number, type: XdrType<T>): XdrType<T[]> {
  return {
    read: (reader) => reader.list(count_max, () => type.read(reader)),
    write: (writer, value) => writer.list(value, (element) => type.write(writer, element)),
  };
}

/** Undefined for what is cut short or malformed. Bytes behind the value are ignored, as receivers of RPC do. */
export function decodeXdr<T>(type: XdrType<T>, bytes: Uint8Array): T | undefined {
  const reader = new XdrReader(bytes);
  const value = type.read(reader);
  return reader.ok ? value : undefined;
}

export function encodeXdr<T>(type: XdrType<T>, value: T): Uint8Array {
  const writer = new XdrWriter();
  type.write(writer, value);
  return writer.finish();
}
