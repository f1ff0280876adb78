// An archive (.zip) made in the page, nothing packed.

const CRC = new Uint32Array(256).map((_, number) => {
  let value = number;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = CRC[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/** Put files into an archive without packing them. */
export function zipped(files) {
  const encoder = new TextEncoder();
  const whole = [];
  const list = [];
  let place = 0;
  const entry = (size) => {
    const bytes = new Uint8Array(size);
    return [bytes, new DataView(bytes.buffer)];
  };
  for (const [name, text] of files) {
    const [title, content] = [encoder.encode(name), encoder.encode(text)];
    const fields = (view, from) => {
      view.setUint16(from, 20, true);
      view.setUint16(from + 2, 0x800, true); // names are UTF-8
      view.setUint16(from + 8, 0x5821, true); // 2024-01-01: the same table gives the same file
      view.setUint32(from + 10, crc32(content), true);
      view.setUint32(from + 14, content.length, true);
      view.setUint32(from + 18, content.length, true);
      view.setUint16(from + 22, title.length, true);
    };
    const [local, head] = entry(30);
    head.setUint32(0, 0x04034b50, true);
    fields(head, 4);
    const [central, line] = entry(46);
    line.setUint32(0, 0x02014b50, true);
    line.setUint16(4, 20, true);
    fields(line, 6);
    line.setUint32(42, place, true);
    list.push(central, title);
    whole.push(local, title, content);
    place += 30 + title.length + content.length;
  }
  const size = list.reduce((sum, part) => sum + part.length, 0);
  const [end, last] = entry(22);
  last.setUint32(0, 0x06054b50, true);
  last.setUint16(8, files.length, true);
  last.setUint16(10, files.length, true);
  last.setUint32(12, size, true);
  last.setUint32(16, place, true);
  return new Blob([...whole, ...list, end], {
    type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  });
}
