// Prepared tables: columns of whole numbers and texts, packed for the way.

/** Unpack a table: each column as an array; texts as texts, figures as whole numbers with their scale. */
export function unpack(packed) {
  const columns = {};
  for (const [name, { words, scale, values }] of Object.entries(packed.columns)) {
    columns[name] = { scale: scale ?? 0, values: words ? values.map((code) => words[code]) : values };
  }
  return { count: packed.count, columns };
}

/** Put parts of one table below each other. */
export function joinTables(parts) {
  if (parts.length === 1) return parts[0];
  const joined = { count: 0, columns: {} };
  for (const part of parts) {
    for (const [name, { scale, values }] of Object.entries(part.columns)) {
      const column = (joined.columns[name] ??= { scale, values: [] });
      for (const value of values) column.values.push(value);
    }
    joined.count += part.count;
  }
  return joined;
}

/** The value of a column as a reader means it. */
export function valueAt(table, name, row) {
  const { scale, values } = table.columns[name];
  const value = values[row];
  return scale && value !== null ? value / scale : value;
}

/** The rows of a table as objects of the columns a list shows. */
export function listed(table, rows, names) {
  const columns = [...new Set([...names, "project_id", "year", "department"])].filter((name) => table.columns[name]);
  const rate = (row) =>
    valueAt(table, "is_known", row)
      ? valueAt(table, "executed_wan", row) / valueAt(table, "annual_budget_wan", row)
      : null;
  const derived = names.includes("execution_rate") && !table.columns.execution_rate && table.columns.is_known;
  return rows.map((row) => ({
    ...Object.fromEntries(columns.map((name) => [name, valueAt(table, name, row)])),
    ...(derived ? { execution_rate: rate(row) } : {}),
  }));
}
