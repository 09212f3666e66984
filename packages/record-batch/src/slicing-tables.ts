/**
 * Tables for a CRC by slicing: entry `256 * k + b` is the CRC of byte `b` followed by `k` zero bytes.
 *
 * @param polynomial the 32-bit polynomial, bits reversed
 * @param slices how many bytes are taken at once
 *
 * Source: Kounavis and Berry, "Novel Table Lookup-Based Algorithms for High-Performance CRC Generation", 2008.
 */
export function slicingTables(polynomial: number, slices: number): Int32Array<ArrayBuffer> {
  const tables = new Int32Array(256 * slices);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const previous = tables[at - 256]!;
    tables[at] = (previous >>> 8) ^ tables[previous & 255]!;
  }
  return tables;
}
