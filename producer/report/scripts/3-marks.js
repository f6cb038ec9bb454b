// What the reader says is right: photo number -> "1", "0" or "drop". Kept by the browser.

const MARKS = { 1: "glasses", 0: "no glasses", drop: "drop" };
const MARK_KEYS = { 1: "1", 0: "0", d: "drop", u: null };
const STORED = `glasses-report:${about.id}`;

function loadMarks() {
  try {
    const stored = JSON.parse(localStorage.getItem(STORED) ?? "[]");
    return new Map(stored.filter(([, mark]) => mark in MARKS));
  } catch {
    return new Map(); // storage may be forbidden
  }
}

function setMark(marks, photo, mark) {
  if (mark === null) marks.delete(photo.number);
  else marks.set(photo.number, mark);
  try {
    localStorage.setItem(STORED, JSON.stringify([...marks]));
  } catch {
    // The marks last as long as the page.
  }
}

function opposite(photo, threshold) {
  return groupOf(photo, threshold) === "with" ? "0" : "1";
}

function markFromKey(key, photo, threshold, marks) {
  if (key === "x") return marks.has(photo.number) ? null : opposite(photo, threshold);
  return key in MARK_KEYS ? MARK_KEYS[key] : undefined;
}

function csvField(text) {
  // A name that a spreadsheet would take for a formula gets a ' before it, as in `glasses results`.
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csv(photos, marks) {
  const lines = ["name,correction,sha256,job"];
  for (const [number, mark] of [...marks].sort((a, b) => a[0] - b[0])) {
    const photo = photos[number];
    if (photo) lines.push([csvField(photo.name), mark, photo.sha256 ?? "", about.job ?? ""].join(","));
  }
  return `${lines.join("\n")}\n`;
}

function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
