/**
 * Windows-1252 as Microsoft and Unicode publish it (CP1252.TXT): 0x80-0x9F as listed, five bytes of them undefined,
 * all others the Unicode code point of the same number. An undefined byte is damage, not a control character.
 */
const C1 = [
  0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,
  0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a,
  0x0153, 0, 0x017e, 0x0178,
];

/** Code point of each byte; 0 where the byte is undefined (and for byte 0 itself). */
export const WINDOWS_1252: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 && byte <= 0x9f ? (C1[byte - 0x80] ?? 0) : byte,
);
